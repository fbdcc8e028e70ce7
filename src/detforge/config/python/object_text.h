#pragma once

#include <string>

#include "detforge/config/python/runtime.h"

/// How objects become text: `repr`, `str`, `format`, the `%` operator and `str.format`.
namespace detforge::python {

std::string repr(Runtime& runtime, Ref object);
/// Python's `str(object)`.
std::string to_text(Runtime& runtime, Ref object);
/// Python's `format(object, spec)`. ValueError for a spec that does not fit.
std::string format_object(Runtime& runtime, Ref object, std::string_view spec);
/// `text % arguments`.
std::string format_percent(Runtime& runtime, std::string_view text, Ref arguments);
/// `text.format(…)`.
std::string format_braces(Runtime& runtime, std::string_view text, const Arguments& arguments);

}  // namespace detforge::python
