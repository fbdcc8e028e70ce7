#include "detforge/config/python/literals.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace detforge::python {
namespace {

class Unescaper {
 public:
  Unescaper(const SourceText& source, Span body, bool bytes) : source_(source), body_(body), bytes_(bytes) {}

  std::string run() {
    const std::string_view text = source_.text().substr(0, body_.end());
    std::string out;
    for (position_ = body_.begin; position_ < text.size();) {
      const char c = text[position_];
      if (c == '\\') {
        escape(text, out);
      } else if (c == '\r') {
        out += '\n';
        position_ += text.substr(position_ + 1, 1) == "\n" ? 2 : 1;
      } else {
        out += c;
        ++position_;
      }
    }
    return out;
  }

 private:
  void escape(std::string_view text, std::string& out) {
    const char c = position_ + 1 < text.size() ? text[position_ + 1] : '\0';
    constexpr std::string_view kNames = "\\'\"abfnrtv";
    constexpr std::string_view kValues = "\\'\"\a\b\f\n\r\t\v";
    if (const auto known = kNames.find(c); known != std::string_view::npos && c != '\0') {
      out += kValues[known];
      position_ += 2;
    } else if (c == '\n' || c == '\r') {
      position_ += c == '\r' && text.substr(position_ + 2, 1) == "\n" ? 3 : 2;
    } else if (c >= '0' && c <= '7') {
      octal(text, out);
    } else if (c == 'x') {
      hexadecimal(text, out, 2);
    } else if (!bytes_ && (c == 'u' || c == 'U')) {
      hexadecimal(text, out, c == 'u' ? 4 : 8);
    } else if (!bytes_ && c == 'N') {
      fail("'\\N{…}' is not known here: write the character itself", 2);
    } else {
      out += '\\';
      ++position_;
    }
  }

  void octal(std::string_view text, std::string& out) {
    std::uint32_t code = 0;
    std::size_t digits = 0;
    while (digits < 3 && position_ + 1 + digits < text.size() && text[position_ + 1 + digits] >= '0' &&
           text[position_ + 1 + digits] <= '7') {
      code = code * 8 + static_cast<std::uint32_t>(text[position_ + 1 + digits++] - '0');
    }
    append(out, code);
    position_ += 1 + digits;
  }

  void hexadecimal(std::string_view text, std::string& out, std::size_t digits) {
    const std::string_view hex = text.substr(std::min(position_ + 2, text.size()), digits);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    if (error != std::errc() || end != hex.data() + digits) fail("this escape needs " + std::to_string(digits) + " hexadecimal digits", 2);
    if (!bytes_ && (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))) fail("this escape is no character", 2 + digits);
    append(out, code);
    position_ += 2 + digits;
  }

  void append(std::string& out, std::uint32_t code) const {
    if (bytes_) out += static_cast<char>(code & 0xFFU);
    else append_utf8(out, code);
  }

  [[noreturn]] void fail(const std::string& message, std::size_t length) const {
    throw Error(message).at(source_.range({static_cast<std::uint32_t>(position_), static_cast<std::uint32_t>(length)}));
  }

  const SourceText& source_;
  Span body_;
  bool bytes_;
  std::size_t position_ = 0;
};

}  // namespace

void append_utf8(std::string& out, char32_t code) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

StringLiteral split_string(const SourceText& source, Span literal) {
  const std::string_view text = source.text().substr(literal.begin, literal.length);
  StringLiteral kind;
  std::size_t quote = 0;
  for (; text[quote] != '"' && text[quote] != '\''; ++quote) {
    const char c = static_cast<char>(text[quote] | 0x20);
    (c == 'r' ? kind.raw : c == 'b' ? kind.bytes : kind.formatted) |= c != 'u';
  }
  const std::uint32_t prefix = static_cast<std::uint32_t>(quote);
  const std::uint32_t quotes = text.size() >= quote + 6 && text.substr(quote, 3) == std::string(3, text[quote]) ? 3 : 1;
  kind.body = {literal.begin + prefix + quotes, literal.length - prefix - 2 * quotes};
  return kind;
}

std::string unescape(const SourceText& source, Span body, const StringLiteral& kind) {
  const std::string_view text = source.text().substr(body.begin, body.length);
  if (kind.bytes && std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    throw Error("bytes can only hold ASCII characters").at(source.range(body));
  }
  if (text.find_first_of(kind.raw ? "\r" : "\\\r") == std::string_view::npos) return std::string(text);
  if (!kind.raw) return Unescaper(source, body, kind.bytes).run();
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') out += text.substr(i + 1, 1) == "\n" ? "" : "\n";
    else out += text[i];
  }
  return out;
}

double decimal_float(std::string_view digits) {
  double number = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (result.ec != std::errc::result_out_of_range) return number;
  // Where the exponent does not say which of the two it is, the first digit does.
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  const std::size_t exponent = digits.find_first_of("eE");
  const bool tiny = exponent != std::string_view::npos ? digits.substr(exponent).find('-') != std::string_view::npos
                                                       : digits.starts_with('0') || digits.starts_with('.');
  const double limit = tiny ? 0.0 : std::numeric_limits<double>::infinity();
  return negative ? -limit : limit;
}

Constant parse_number(const SourceText& source, Span literal) {
  const std::string_view written = source.text().substr(literal.begin, literal.length);
  const auto fail = [&](const std::string& why) -> Error {
    return Error("'" + std::string(written) + "' " + why).at(source.range(literal));
  };
  if (written.back() == '_' || written.find("__") != std::string_view::npos) throw fail("is no number");
  std::string digits;
  std::copy_if(written.begin(), written.end(), std::back_inserter(digits), [](char c) { return c != '_'; });
  const char base_letter = digits.size() > 1 && digits[0] == '0' ? static_cast<char>(digits[1] | 0x20) : '\0';
  const int base = base_letter == 'x' ? 16 : base_letter == 'o' ? 8 : base_letter == 'b' ? 2 : 10;
  const char* const begin = digits.data() + (base == 10 ? 0 : 2);
  const char* const end = digits.data() + digits.size();
  if (base == 10 && digits.find_first_of(".eE") != std::string::npos) {
    return {decimal_float(digits)};
  }
  if (base == 10 && digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos) {
    throw fail("starts with a zero: an octal number is written '0o…'");
  }
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(begin, end, number, base);
  if (error == std::errc::result_out_of_range) throw fail("does not fit 64 bits");
  if (error != std::errc() || stop != end) throw fail("is no number");
  return {number};
}

}  // namespace detforge::python
