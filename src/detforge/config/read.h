#pragma once

#include <memory>

#include "detforge/base/error.h"
#include "detforge/config/value.h"

namespace detforge {

/// JSON as Python's `json` reads it (`NaN`, `Infinity` and repeated keys too), every value with its place. Throws `Error` at what is no
/// JSON, beyond 64 bits or nested too deeply.
Value read_json(const std::shared_ptr<const Source>& source);

/// YAML as PyYAML reads it: YAML 1.1's plain scalars (`yes` is a bool, `1e3` a str), anchors, `<<`, `!!python/tuple`.
/// None for an empty document. Throws `Error` at what is no YAML, and for dates and objects, which a config cannot hold.
Value read_yaml(const std::shared_ptr<const Source>& source);

}  // namespace detforge
