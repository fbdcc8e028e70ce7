#pragma once

#include "detforge/config/python/ast.h"

namespace detforge::python {

/// Statements of a config. Throws `Error` at the place of a syntax error, and of what Python would run but a config
/// may not: `def`, `class`, `lambda`, `with` and their like, saying why.
Block parse(const SourceText& source);

}  // namespace detforge::python
