#pragma once

#include "detforge/config/python/runtime.h"
#include "detforge/config/value.h"

namespace detforge::python {

/// A deep copy of what `slot` refers to, every value with the place where it was written last.
/// Throws for what a config cannot hold: functions, modules, iterators.
Value to_value(Runtime& runtime, const Slot& slot);

/// New objects with the content of `value`, which outlives them; dicts become ConfigDicts.
Slot from_value(Runtime& runtime, const Value& value);

}  // namespace detforge::python
