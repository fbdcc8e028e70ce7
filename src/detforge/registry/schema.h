#pragma once

#include "detforge/config/value.h"

namespace detforge {

/// A JSON Schema (2020-12) of configs made of the components that are registered: for each registry one definition
/// that lists its components, for each component its arguments with types, defaults and meanings. Editors complete
/// and check configs with it.
Value json_schema();

}  // namespace detforge
