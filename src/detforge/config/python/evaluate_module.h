#pragma once

#include <functional>
#include <string>
#include <vector>

#include "detforge/config/source_text.h"
#include "detforge/config/value.h"

/// Evaluates one config file: from text to the dict of its names.
namespace detforge::python {

/// What a file says in `_base_`: a value (a str, or a list of strs) with its place; None where it says nothing.
using BasesOf = std::function<Value(const Value& base_names)>;

/// mmcv: the file runs alone, `_base_` is one of its names and stays in the result.
Value run_alone(const SourceText& source, std::vector<std::string>& printed);

/// mmengine: the expression assigned to `_base_` is evaluated first, by itself; `load_bases` gets it and gives the merged
/// bases, which the file then sees as `_base_` and may change. Returns the file's names; `bases` is what became of them.
Value run_with_bases(const SourceText& source, const BasesOf& load_bases, Value& bases, std::vector<std::string>& printed);

/// Throws where the text is no Python that a config may hold.
void check_syntax(const SourceText& source);

}  // namespace detforge::python
