#include <charconv>
#include <limits>

#include "detforge/config/limits.h"
#include "detforge/config/python/literals.h"
#include "detforge/config/read.h"
#include "detforge/config/source_text.h"

namespace detforge {
namespace {

class JsonReader {
 public:
  explicit JsonReader(const std::shared_ptr<const Source>& source) : source_(source), text_(source_.text()) {}

  Value read() {
    if (text_.starts_with("\xEF\xBB\xBF")) position_ = 3;
    blanks();
    Value value = any();
    blanks();
    if (position_ < text_.size()) fail("something follows the JSON value", position_);
    return value;
  }

 private:
  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  void blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++position_;
  }
  bool accept(std::string_view wanted) {
    if (!text_.substr(position_).starts_with(wanted)) return false;
    position_ += wanted.size();
    return true;
  }
  SourceRange range(std::size_t begin, std::size_t end) const {
    return source_.range({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)});
  }
  [[noreturn]] void fail(const std::string& message, std::size_t begin, std::size_t length = 1) const {
    throw Error(message).at(range(begin, begin + length));
  }

  Value any() {
    if (++count_ > limits::kValues) fail("the config holds more values than is allowed", position_);
    if (++depth_ > limits::kValueNesting) fail("values are nested too deeply", position_);
    const std::size_t begin = position_;
    Value value = peek() == '{' ? object() : peek() == '[' ? array() : peek() == '"' ? Value(string()) : word_or_number();
    value.set_location(range(begin, position_));
    --depth_;
    return value;
  }

  Value object() {
    Dict dict;
    ++position_;
    blanks();
    if (accept("}")) return dict;
    while (true) {
      blanks();
      const std::size_t begin = position_;
      if (peek() != '"') fail("a key in double quotes is missing here", position_);
      Value key = string();
      key.set_location(range(begin, position_));
      blanks();
      if (!accept(":")) fail("a ':' is missing after this key", begin, position_ - begin);
      blanks();
      dict.set(std::move(key), any());
      blanks();
      if (accept("}")) return dict;
      if (!accept(",")) fail("a ',' or '}' is missing here", position_);
    }
  }

  Value array() {
    Value::Elements elements;
    ++position_;
    blanks();
    if (accept("]")) return Value::list();
    while (true) {
      blanks();
      elements.push_back(any());
      blanks();
      if (accept("]")) return Value::list(std::move(elements));
      if (!accept(",")) fail("a ',' or ']' is missing here", position_);
    }
  }

  std::string string() {
    const std::size_t begin = position_++;
    std::string out;
    while (peek() != '"') {
      if (position_ >= text_.size()) fail("this string has no end", begin);
      if (static_cast<unsigned char>(peek()) < 0x20) fail("a control character in a string", position_);
      if (peek() == '\\') escape(out);
      else out += text_[position_++];
    }
    ++position_;
    return out;
  }

  void escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kCharacters = "\"\\/\b\f\n\r\t";
    const std::size_t begin = position_++;
    const auto known = position_ < text_.size() ? kNames.find(peek()) : std::string_view::npos;
    if (known != std::string_view::npos) {
      out += kCharacters[known];
      ++position_;
      return;
    }
    if (!accept("u")) fail("this escape is none of JSON's", begin, 2);
    char32_t code = hexadecimal(begin);
    if (code >= 0xD800 && code < 0xDC00 && accept("\\u")) {
      const char32_t low = hexadecimal(begin);
      if (low < 0xDC00 || low >= 0xE000) fail("this escape is no character", begin, 2);
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code >= 0xD800 && code < 0xE000) fail("this escape is no character", begin, 2);
    python::append_utf8(out, code);
  }

  char32_t hexadecimal(std::size_t escape_begin) {
    const std::string_view digits = text_.substr(position_, 4);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc() || digits.size() < 4 || end != digits.data() + 4)
      fail("this escape needs 4 hexadecimal digits", escape_begin, 2);
    position_ += 4;
    return code;
  }

  Value word_or_number() {
    if (accept("true")) return true;
    if (accept("false")) return false;
    if (accept("null")) return nullptr;
    if (accept("NaN")) return std::numeric_limits<double>::quiet_NaN();
    if (accept("Infinity")) return std::numeric_limits<double>::infinity();
    if (accept("-Infinity")) return -std::numeric_limits<double>::infinity();
    return number();
  }

  Value number() {
    const std::size_t begin = position_;
    const auto digits = [&] {
      const std::size_t first = position_;
      while (peek() >= '0' && peek() <= '9') ++position_;
      return position_ > first;
    };
    accept("-");
    const bool leading_zero = peek() == '0';
    const std::size_t first = position_;
    if (!digits()) fail("a value is missing here", begin);
    if (leading_zero && position_ > first + 1) fail("a number starts with a zero", begin, position_ - begin);
    bool is_float = false;
    if (accept(".")) {
      is_float = true;
      if (!digits()) fail("a digit is missing after '.'", begin, position_ - begin);
    }
    if (accept("e") || accept("E")) {
      is_float = true;
      if (!accept("+")) accept("-");
      if (!digits()) fail("a digit is missing in the exponent", begin, position_ - begin);
    }
    const std::string_view written = text_.substr(begin, position_ - begin);
    if (is_float) return python::decimal_float(written);
    std::int64_t value = 0;
    if (std::from_chars(written.data(), written.data() + written.size(), value).ec != std::errc()) {
      fail("'" + std::string(written) + "' does not fit 64 bits", begin, written.size());
    }
    return value;
  }

  SourceText source_;
  std::string_view text_;
  std::size_t position_ = 0;
  std::uint32_t depth_ = 0;
  std::size_t count_ = 0;
};

}  // namespace

Value read_json(const std::shared_ptr<const Source>& source) { return JsonReader(source).read(); }

}  // namespace detforge
