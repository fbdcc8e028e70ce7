#include "detforge/config/python/format_spec.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "detforge/config/limits.h"
#include "detforge/config/python/runtime.h"
#include "detforge/config/python/text.h"
#include "detforge/config/value.h"

namespace detforge::python {
namespace {

constexpr int kMaxPrecision = 1000;

bool is_align(char c) { return c == '<' || c == '>' || c == '^' || c == '='; }

[[noreturn]] void bad_type(char type, std::string_view what) {
  raise(ExceptionType::ValueError, std::string("format '") + type + "' is not for " + std::string(what));
}

std::size_t parse_count(std::string_view& text, std::size_t most) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > most) raise(ExceptionType::ValueError, "a width or precision of this format is too large");
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string grouped(std::string digits, char separator, std::size_t size) {
  if (separator == '\0') return digits;
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - static_cast<std::ptrdiff_t>(size); i > 0;
       i -= static_cast<std::ptrdiff_t>(size)) {
    digits.insert(static_cast<std::size_t>(i), 1, separator);
  }
  return digits;
}

std::string sign_text(bool negative, char sign) { return negative ? "-" : sign == '-' ? "" : std::string(1, sign); }

/// `head` is what stays left of the fill of '=': sign and prefix.
std::string padded(const std::string& head, const std::string& body, const FormatSpec& spec, char default_align) {
  const std::size_t size = head.size() + code_points(body);
  if (size >= spec.width) return head + body;
  const std::size_t missing = spec.width - size;
  const char align = spec.align == '\0' ? default_align : spec.align;
  const auto fill = [&](std::size_t count) {
    std::string out;
    for (; count > 0; --count) out += spec.fill;
    return out;
  };
  if (align == '<') return head + body + fill(missing);
  if (align == '>') return fill(missing) + head + body;
  if (align == '=') return head + fill(missing) + body;
  return fill(missing / 2) + head + body + fill(missing - missing / 2);
}

/// The digits of an int, zero-filled between the groups as `08,d` wants it.
std::string number_body(std::string digits, const std::string& rest, std::size_t head, const FormatSpec& spec, std::size_t group) {
  std::string body = grouped(digits, spec.grouping, group);
  if (spec.fill != "0" || spec.align != '=' || spec.grouping == '\0') return body + rest;
  while (head + body.size() + rest.size() < spec.width) {
    digits.insert(0, 1, '0');
    body = grouped(digits, spec.grouping, group);
  }
  return body + rest;
}

std::string to_chars(double value, std::chars_format format, int precision) {
  std::vector<char> buffer(static_cast<std::size_t>(precision) + 400);
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision);
  return {buffer.data(), result.ptr};
}

/// `g`: positional or scientific, whichever is shorter, without trailing zeros; `kept` is what None-typed formats demand.
std::string general(double value, int precision, bool alternate, bool keep_point) {
  precision = std::max(precision, 1);
  const std::string scientific = to_chars(value, std::chars_format::scientific, precision - 1);
  int exponent = 0;
  const std::string_view digits = std::string_view(scientific).substr(scientific.find('e') + 1);
  std::from_chars(digits.data() + (digits[0] == '+' ? 1 : 0), digits.data() + digits.size(), exponent);
  const bool positional = exponent >= -4 && exponent < (keep_point ? precision - 1 : precision);
  std::string text = positional ? to_chars(value, std::chars_format::fixed, precision - 1 - exponent) : scientific;
  if (alternate) return text;
  const std::size_t tail = std::min(text.find('e'), text.size());
  std::string mantissa = text.substr(0, tail);
  if (mantissa.find('.') != std::string::npos) {
    mantissa.erase(mantissa.find_last_not_of('0') + 1);
    if (mantissa.back() == '.') mantissa.pop_back();
  }
  if (positional && keep_point && mantissa.find('.') == std::string::npos) mantissa += ".0";
  return mantissa + text.substr(tail);
}

std::string float_digits(double value, const FormatSpec& spec) {
  const char type = static_cast<char>(spec.type | (spec.type == '%' ? 0 : 0x20));
  if (std::isinf(value)) return "inf";
  if (std::isnan(value)) return "nan";
  const int precision = spec.precision.value_or(6);
  if (spec.type == '\0' && !spec.precision) return repr(Value(value));
  if (spec.type == '\0') return general(value, precision, spec.alternate, true);
  if (type == 'f') return to_chars(value, std::chars_format::fixed, precision);
  if (type == 'e') return to_chars(value, std::chars_format::scientific, precision);
  if (type == '%') return to_chars(value * 100, std::chars_format::fixed, precision) + "%";
  return general(value, precision, spec.alternate, false);
}

}  // namespace

FormatSpec parse_format_spec(std::string_view text) {
  FormatSpec spec;
  const std::string_view whole = text;
  if (!text.empty()) {
    const std::size_t length = code_point_length(text, 0);
    if (length < text.size() && is_align(text[length])) {
      spec.fill = text.substr(0, length);
      spec.align = text[length];
      text.remove_prefix(length + 1);
    } else if (is_align(text[0])) {
      spec.align = text[0];
      text.remove_prefix(1);
    }
  }
  const auto accept = [&](std::string_view any) {
    if (text.empty() || any.find(text[0]) == std::string_view::npos) return '\0';
    const char c = text[0];
    text.remove_prefix(1);
    return c;
  };
  if (const char sign = accept("+- "); sign != '\0') spec.sign = sign;
  spec.alternate = accept("#") != '\0';
  if (accept("0") != '\0' && spec.align == '\0') {
    spec.fill = "0";
    spec.align = '=';
  }
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') spec.width = parse_count(text, limits::kStringBytes);
  spec.grouping = accept(",_");
  if (accept(".") != '\0') {
    if (text.empty() || text[0] < '0' || text[0] > '9') raise(ExceptionType::ValueError, "a format needs a number after '.'");
    spec.precision = static_cast<int>(parse_count(text, kMaxPrecision));
  }
  spec.type = accept("bcdeEfFgGnosxX%");
  if (!text.empty()) raise(ExceptionType::ValueError, "'" + std::string(whole) + "' is no format");
  return spec;
}

std::string format_integer(std::int64_t value, const FormatSpec& spec) {
  const char type = spec.type == '\0' || spec.type == 'n' ? 'd' : spec.type;
  if (std::string_view("eEfFgG%").find(type) != std::string_view::npos) return format_float(static_cast<double>(value), spec);
  if (type == 's') bad_type(type, "an int");
  if (spec.precision) raise(ExceptionType::ValueError, "an int's format has no precision");
  if (type == 'c') {
    if (value < 0 || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
      raise(ExceptionType::OverflowError, "format 'c' needs a character's number");
    return padded("", encode_utf8(std::u32string(1, static_cast<char32_t>(value))), spec, '<');
  }
  const int base = type == 'b' ? 2 : type == 'o' ? 8 : type == 'd' ? 10 : 16;
  const std::uint64_t magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, magnitude, base);
  std::string digits(buffer, result.ptr);
  std::string prefix = spec.alternate && base != 10 ? std::string("0") + type : "";
  if (type == 'X') digits = upper(digits);
  const std::string head = sign_text(value < 0, spec.sign) + prefix;
  return padded(head, number_body(digits, "", head.size(), spec, base == 10 ? 3 : 4), spec, '>');
}

std::string format_float(double value, const FormatSpec& spec) {
  if (std::string_view("bcdosxX").find(spec.type) != std::string_view::npos && spec.type != '\0') bad_type(spec.type, "a float");
  std::string text = float_digits(std::abs(value), spec);
  if (spec.type == 'E' || spec.type == 'F' || spec.type == 'G') text = upper(text);
  const std::string head = sign_text(std::signbit(value) && !std::isnan(value), spec.sign);
  const std::size_t integral = std::min(text.find_first_not_of("0123456789"), text.size());
  return padded(head, number_body(text.substr(0, integral), text.substr(integral), head.size(), spec, 3), spec, '>');
}

std::string format_text(std::string_view value, const FormatSpec& spec) {
  if (spec.type != '\0' && spec.type != 's') bad_type(spec.type, "a str");
  if (spec.align == '=' && spec.fill != "0") raise(ExceptionType::ValueError, "'=' aligns numbers only");
  FormatSpec left = spec;
  if (left.align == '=') left.align = '<';
  if (spec.precision) value = value.substr(0, byte_offset(value, static_cast<std::size_t>(*spec.precision)));
  return padded("", std::string(value), left, '<');
}

}  // namespace detforge::python
