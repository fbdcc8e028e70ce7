#include "detforge/config/python/parse_fstring.h"

#include "detforge/config/limits.h"
#include "detforge/config/python/parse_expression.h"

namespace detforge::python {
namespace {

class FStringParser {
 public:
  FStringParser(const SourceText& source, const StringLiteral& literal, std::uint32_t depth)
      : source_(source),
        literal_(literal),
        text_(source.text().substr(0, literal.body.end())),
        position_(literal.body.begin),
        depth_(depth) {}

  /// Up to the end of the string, or of the format that a `}` ends.
  std::vector<FString::Part> parts(bool in_format) {
    std::vector<FString::Part> parts;
    std::size_t literal_begin = position_;
    const auto end_literal = [&](std::size_t end) {
      if (end > literal_begin) parts.push_back({unescape(source_, span(literal_begin, end), literal_), nullptr, 0, nullptr});
    };
    while (position_ < text_.size()) {
      const char c = text_[position_];
      const bool doubled = text_.substr(position_ + 1, 1) == std::string_view(&c, 1);
      if ((c == '{' || c == '}') && doubled && !in_format) {
        end_literal(position_ + 1);
        literal_begin = position_ += 2;
      } else if (c == '{') {
        end_literal(position_);
        replacement(parts);
        literal_begin = position_;
      } else if (c == '}') {
        if (in_format) break;
        fail("'}' stands alone in an f-string; double it", position_);
      } else {
        ++position_;
      }
    }
    end_literal(position_);
    return parts;
  }

 private:
  static Span span(std::size_t begin, std::size_t end) {
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)};
  }
  [[noreturn]] void fail(const std::string& message, std::size_t at) const { throw Error(message).at(source_.range(span(at, at + 1))); }
  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }

  void replacement(std::vector<FString::Part>& parts) {
    const std::size_t open = position_++;
    if (depth_ >= limits::kNesting) fail("f-strings are nested too deeply", open);
    const std::size_t begin = position_;
    find_expression_end(open);
    const Span expression = span(begin, position_);
    FString::Part part;
    if (text_.substr(expression.begin, expression.length).find_first_not_of(" \t\r\n") == std::string_view::npos) {
      fail("nothing between the braces of an f-string", open);
    }
    part.value = ExpressionParser(source_, tokenize_expression(source_, expression), depth_ + 1).whole();
    bool shows_itself = false;
    if (peek() == '=') {
      std::size_t end = position_ + 1;
      while (end < text_.size() && text_[end] == ' ') ++end;
      parts.push_back({std::string(text_.substr(begin, end - begin)), nullptr, 0, nullptr});
      position_ = end;
      shows_itself = true;
    }
    if (peek() == '!') {
      part.conversion = position_ + 1 < text_.size() ? text_[position_ + 1] : '\0';
      if (part.conversion != 'r' && part.conversion != 's' && part.conversion != 'a') fail("after '!' stands 'r', 's' or 'a'", position_);
      position_ += 2;
    }
    if (peek() == ':') format(part);
    if (peek() != '}') fail("'{' has no '}' in this f-string", open);
    ++position_;
    if (shows_itself && part.conversion == 0 && part.format == nullptr) part.conversion = 'r';
    parts.push_back(std::move(part));
  }

  void format(FString::Part& part) {
    const std::size_t begin = ++position_;
    ++depth_;
    FString spec{parts(true)};
    --depth_;
    std::uint32_t height = 0;
    for (const auto& piece : spec.parts) {
      if (piece.value != nullptr) height = std::max(height, piece.value->height);
    }
    part.format = std::make_unique<Expr>(Expr{span(begin, position_), std::move(spec), height + 1});
  }

  /// Move to the `}`, `!`, `:` or `=` that ends the expression: one outside brackets and strings, and no operator.
  void find_expression_end(std::size_t open) {
    std::size_t brackets = 0;
    char quote = '\0';
    for (; position_ < text_.size(); ++position_) {
      const char c = text_[position_];
      const char next = position_ + 1 < text_.size() ? text_[position_ + 1] : '\0';
      if (c == '\\') fail("an expression in an f-string cannot hold a backslash", position_);
      if (c == '#' && quote == '\0') fail("an expression in an f-string cannot hold a comment", position_);
      if (quote != '\0') {
        if (c == quote) quote = '\0';
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '(' || c == '[' || c == '{') {
        ++brackets;
      } else if (brackets > 0) {
        if (c == ')' || c == ']' || c == '}') --brackets;
      } else if (c == '=' || c == '!' || c == '<' || c == '>') {
        if (next == '=') ++position_;
        else if (c == '=' || c == '!') return;
      } else if (c == '}' || c == ':') {
        return;
      }
    }
    fail("'{' has no '}' in this f-string", open);
  }

  const SourceText& source_;
  const StringLiteral& literal_;
  std::string_view text_;
  std::size_t position_;
  std::uint32_t depth_;
};

}  // namespace

std::vector<FString::Part> parse_fstring(const SourceText& source, const StringLiteral& literal, std::uint32_t depth) {
  return FStringParser(source, literal, depth).parts(false);
}

}  // namespace detforge::python
