#pragma once

#include <string_view>
#include <variant>

#include "detforge/config/python/ast.h"
#include "detforge/config/source_text.h"

namespace detforge::python {

/// What is in front of a string's quotes, and where its content lies.
struct StringLiteral {
  bool raw = false;
  bool bytes = false;
  bool formatted = false;
  Span body;  // without the quotes
};

StringLiteral split_string(const SourceText& source, Span literal);

/// The content of `body`, a piece of a string's content, with its escapes replaced and line ends made `\n`.
/// Throws at an escape that Python does not know how to end, and where bytes are no ASCII.
std::string unescape(const SourceText& source, Span body, const StringLiteral& kind);

/// An int or a float. Throws where it does not fit 64 bits.
Constant parse_number(const SourceText& source, Span literal);

/// A decimal float without sign rules or underscores left to check; too large is infinity, too small zero.
double decimal_float(std::string_view digits);

/// The UTF-8 of one code point.
void append_utf8(std::string& out, char32_t code);

}  // namespace detforge::python
