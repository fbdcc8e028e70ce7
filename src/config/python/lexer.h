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

/// The tokens of Python text, as its own tokenizer gives them: blocks as Indent and Dedent, no newlines inside brackets.
/// Throws `Error` at the place of what is no token.
std::vector<Token> tokenize(const SourceText& source);

/// The tokens of one expression, a piece of `source` as it stands inside an f-string's braces.
std::vector<Token> tokenize_expression(const SourceText& source, Span piece);

}  // namespace detforge::python
