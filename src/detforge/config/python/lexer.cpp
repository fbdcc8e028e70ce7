#include "detforge/config/python/lexer.h"

#include <algorithm>
#include <array>
#include <string>

#include "detforge/base/text_encoding.h"
#include "detforge/config/limits.h"

namespace detforge::python {
namespace {

constexpr std::array<std::string_view, 47> kOperators = {
    "**=", "//=", ">>=", "<<=", "...", "!=", "==", "<=", ">=", "->", ":=", "+=", "-=", "*=", "/=", "%=",
    "&=",  "|=",  "^=",  "@=",  "**",  "//", "<<", ">>", "+",  "-",  "*",  "/",  "%",  "@",  "&",  "|",
    "^",   "~",   "<",   ">",   "(",   ")",  "[",  "]",  "{",  "}",  ",",  ":",  ".",  ";",  "=",
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Lexer {
 public:
  Lexer(const SourceText& source, Span piece) : source_(source), text_(source.text().substr(0, piece.end())), position_(piece.begin) {}

  std::vector<Token> statements() {
    if (text_.starts_with("\xEF\xBB\xBF")) position_ = 3;
    while (begin_line()) {
      while (!at_end() && !at_newline()) next_token();
      if (open_.empty() && !tokens_.empty() && tokens_.back().kind != Token::Kind::Newline) add(Token::Kind::Newline, position_, 0);
    }
    check_closed();
    for (; indents_.size() > 1; indents_.pop_back()) add(Token::Kind::Dedent, position_, 0);
    add(Token::Kind::End, position_, 0);
    return std::move(tokens_);
  }

  std::vector<Token> expression() {
    in_expression_ = true;
    while (!at_end()) next_token();
    check_closed();
    add(Token::Kind::End, position_, 0);
    return std::move(tokens_);
  }

 private:
  bool at_end() const { return position_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const { return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0'; }
  bool at_newline() const { return !in_expression_ && open_.empty() && (peek() == '\n' || peek() == '\r'); }

  void add(Token::Kind kind, std::size_t begin, std::size_t length) {
    tokens_.push_back({kind, span(begin, length), text_.substr(begin, length)});
  }
  static Span span(std::size_t begin, std::size_t length) {
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(length)};
  }
  [[noreturn]] void fail(const std::string& message, std::size_t begin, std::size_t length = 1) const {
    throw Error(message).at(source_.range(span(begin, length)));
  }

  void skip_newline() { position_ += peek() == '\r' && peek(1) == '\n' ? 2 : 1; }
  void skip_comment() {
    while (!at_end() && peek() != '\n' && peek() != '\r') ++position_;
  }

  /// Skip blank lines, then say how far the next one is indented. False at the end of the text.
  bool begin_line() {
    while (!at_end()) {
      const std::size_t begin = position_;
      std::uint32_t width = 0, with_narrow_tabs = 0;
      for (; peek() == ' ' || peek() == '\t' || peek() == '\f'; ++position_) {
        width = peek() == '\f' ? 0 : peek() == '\t' ? (width / 8 + 1) * 8 : width + 1;
        with_narrow_tabs = peek() == '\f' ? 0 : with_narrow_tabs + 1;
      }
      if (peek() == '#') skip_comment();
      if (at_end()) return false;
      if (peek() == '\n' || peek() == '\r') {
        skip_newline();
        continue;
      }
      indent(width, with_narrow_tabs, begin);
      return true;
    }
    return false;
  }

  /// Python takes an indentation only where it is the same with tabs of eight columns and of one.
  void indent(std::uint32_t width, std::uint32_t with_narrow_tabs, std::size_t line) {
    const auto require_same = [&](bool same) {
      if (!same) fail("tabs and spaces are mixed so that the indentation depends on the width of a tab; use one of them", position_);
    };
    if (width > indents_.back()) {
      require_same(with_narrow_tabs > narrow_indents_.back());
      if (indents_.size() > limits::kNesting) fail("blocks are nested too deeply", position_);
      indents_.push_back(width);
      narrow_indents_.push_back(with_narrow_tabs);
      return add(Token::Kind::Indent, line, position_ - line);
    }
    for (; width < indents_.back(); indents_.pop_back(), narrow_indents_.pop_back()) add(Token::Kind::Dedent, position_, 0);
    if (width != indents_.back()) fail("this line is indented like no block around it", position_);
    require_same(with_narrow_tabs == narrow_indents_.back());
  }

  void check_closed() const {
    if (!open_.empty()) fail(std::string("'") + text_[open_.back()] + "' was never closed", open_.back());
  }

  void next_token() {
    const char c = peek();
    if (c == ' ' || c == '\t' || c == '\f' || c == '\n' || c == '\r') {
      ++position_;
    } else if (c == '#') {
      skip_comment();
    } else if (c == '\\') {
      line_continuation();
    } else if (const std::size_t quote = string_prefix(); quote != std::string_view::npos) {
      string(quote);
    } else if (is_name_start()) {
      const std::size_t begin = position_;
      while (is_name_start() || is_digit(peek())) ++position_;
      add(Token::Kind::Name, begin, position_ - begin);
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      number();
    } else {
      operator_token();
    }
  }

  void line_continuation() {
    const std::size_t begin = position_++;
    if (peek() != '\n' && peek() != '\r') fail("unexpected character after a backslash", begin);
    skip_newline();
    if (at_end()) fail("the text ends after a backslash", begin);
  }

  bool is_name_start() const {
    const char c = peek();
    if (is_ascii_letter(c)) return true;
    if (static_cast<unsigned char>(c) < 0x80) return false;
    // Letters of any script; blanks, quotes and dashes that only look like Python's are not.
    const std::string_view rest = text_.substr(position_);
    const auto second = static_cast<unsigned char>(peek(1));
    const bool latin_sign = c == '\xC2' && second != 0xAA && second != 0xB5 && second != 0xBA && second != 0xB7 && second < 0xC0;
    const bool times = rest.starts_with("\xC3\x97") || rest.starts_with("\xC3\xB7");
    const bool punctuation = rest.starts_with("\xE2\x80") || rest.starts_with("\xE2\x81") || rest.starts_with("\xE3\x80");
    const bool marker = rest.starts_with(kBaseVariableMarker);
    return !latin_sign && !times && !punctuation && !marker;
  }

  /// The offset of the opening quote where a string begins here.
  std::size_t string_prefix() const {
    std::size_t length = 0;
    while (length < 3 && std::string_view("rRbBuUfF").find(peek(length)) != std::string_view::npos && peek(length) != '\0') ++length;
    return length < 3 && (peek(length) == '"' || peek(length) == '\'') ? position_ + length : std::string_view::npos;
  }

  void string(std::size_t quote_position) {
    const std::size_t begin = position_;
    const char quote = text_[quote_position];
    const std::string triple(3, quote);
    const bool is_triple = text_.substr(quote_position, 3) == triple;
    position_ = quote_position + (is_triple ? 3 : 1);
    while (true) {
      if (at_end() || (!is_triple && (peek() == '\n' || peek() == '\r'))) {
        fail("this string has no end", begin, is_triple ? 3 : position_ - begin);
      }
      if (peek() == '\\') {
        position_ += peek(1) == '\r' && peek(2) == '\n' ? 3 : 2;
      } else if (is_triple ? text_.substr(position_, 3) == triple : peek() == quote) {
        break;
      } else {
        ++position_;
      }
    }
    position_ += is_triple ? 3 : 1;
    add(Token::Kind::String, begin, position_ - begin);
  }

  void digits() {
    while (is_digit(peek()) || (peek() == '_' && is_digit(peek(1)) && is_digit(text_[position_ - 1]))) ++position_;
  }

  void number() {
    const std::size_t begin = position_;
    const char base = static_cast<char>(peek(1) | 0x20);
    if (peek() == '0' && (base == 'x' || base == 'o' || base == 'b')) {
      position_ += 2;
      while (std::isxdigit(static_cast<unsigned char>(peek())) != 0 || peek() == '_') ++position_;
    } else {
      digits();
      if (peek() == '.') {
        ++position_;
        digits();
      }
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
      if ((peek() | 0x20) == 'e' && is_digit(peek(sign))) {
        position_ += sign;
        digits();
      }
    }
    if (is_name_start() || is_digit(peek())) {
      while (is_name_start() || is_digit(peek())) ++position_;
      const std::string text(text_.substr(begin, position_ - begin));
      if (text.back() == 'j' || text.back() == 'J')
        fail("'" + text + "' is complex: a config holds no complex numbers", begin, text.size());
      fail("'" + text + "' is no number", begin, text.size());
    }
    add(Token::Kind::Number, begin, position_ - begin);
  }

  void operator_token() {
    const std::string_view rest = text_.substr(position_);
    if (rest.starts_with(kBaseVariableMarker)) {
      fail("'{{ _base_.… }}' in double quotes ends the text around it; leave the quotes out", position_, kBaseVariableMarker.size());
    }
    const auto found = std::find_if(kOperators.begin(), kOperators.end(),
                                    [&](std::string_view op) { return op.front() == rest.front() && rest.starts_with(op); });
    if (found == kOperators.end()) {
      std::size_t length = 1;
      while (length < rest.size() && (static_cast<unsigned char>(rest[length]) & 0xC0U) == 0x80U) ++length;
      const std::string invisible = invisible_character(rest);
      fail(invisible.empty() ? "unexpected character '" + std::string(rest.substr(0, length)) + "'" : "unexpected " + invisible, position_,
           length);
    }
    const char c = found->front();
    if (found->size() == 1 && std::string_view("([{").find(c) != std::string_view::npos) {
      if (open_.size() >= limits::kNesting) fail("brackets are nested too deeply", position_);
      open_.push_back(position_);
    } else if (c == ')' || c == ']' || c == '}') {
      close(c);
    }
    add(Token::Kind::Operator, position_, found->size());
    position_ += found->size();
  }

  void close(char c) {
    if (open_.empty()) fail(std::string("'") + c + "' closes nothing", position_);
    const char opened = text_[open_.back()];
    const char wanted = opened == '(' ? ')' : opened == '[' ? ']' : '}';
    if (c != wanted) fail(std::string("'") + c + "' does not close '" + opened + "'", position_);
    open_.pop_back();
  }

  const SourceText& source_;
  std::string_view text_;
  std::size_t position_;
  bool in_expression_ = false;
  std::vector<Token> tokens_;
  std::vector<std::size_t> open_;
  std::vector<std::uint32_t> indents_ = {0};
  std::vector<std::uint32_t> narrow_indents_ = {0};  // the same, a tab as one column
};

}  // namespace

std::vector<Token> tokenize(const SourceText& source) {
  return Lexer(source, {0, static_cast<std::uint32_t>(source.text().size())}).statements();
}

std::vector<Token> tokenize_expression(const SourceText& source, Span piece) { return Lexer(source, piece).expression(); }

}  // namespace detforge::python
