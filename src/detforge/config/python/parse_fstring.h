#pragma once

#include "detforge/config/python/ast.h"
#include "detforge/config/python/literals.h"

namespace detforge::python {

/// The parts of an f-string's content; `depth` is how deeply the literal is nested already.
std::vector<FString::Part> parse_fstring(const SourceText& source, const StringLiteral& literal, std::uint32_t depth);

}  // namespace detforge::python
