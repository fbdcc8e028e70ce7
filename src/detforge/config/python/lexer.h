#pragma once

#include <string_view>
#include <vector>

#include "detforge/config/source_text.h"

namespace detforge::python {

struct Token {
  enum class Kind : std::uint8_t { Name, Number, String, Operator, Newline, Indent, Dedent, End };

  Kind kind;
  Span span;
  std::string_view text;
};

/// Equality of two texts that are not empty. Nearly all that a parser compares differ in their first character, and
/// there a call of memcmp is most of the time.
inline bool same_text(std::string_view a, std::string_view b) { return a.size() == b.size() && a.front() == b.front() && a == b; }

/// The tokens of Python text, as its own tokenizer gives them: blocks as Indent and Dedent, no newlines inside brackets.
/// Throws `Error` at the place of what is no token.
std::vector<Token> tokenize(const SourceText& source);

/// The tokens of one expression, a piece of `source` as it stands inside an f-string's braces.
std::vector<Token> tokenize_expression(const SourceText& source, Span piece);

}  // namespace detforge::python
