#include <charconv>
#include <cmath>
#include <ostream>

#include "detforge/config/value.h"

namespace detforge {
namespace {

std::string float_repr(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  // Python's repr: the shortest digits that read back, positional for exponents -4 to 15.
  char buffer[40];
  const auto scientific = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific);
  std::string text(buffer, scientific.ptr);
  const int exponent = std::stoi(text.substr(text.find('e') + 1));
  if (exponent < -4 || exponent >= 16) return text;
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed);
  std::string positional(buffer, fixed.ptr);
  return positional.find('.') == std::string::npos ? positional + ".0" : positional;
}

constexpr std::string_view kHex = "0123456789abcdef";

/// One decoded code point of UTF-8 and its size in bytes; an invalid byte stands for itself.
std::pair<char32_t, std::size_t> decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0x80 ? 1 : (lead >> 5) == 6 ? 2 : (lead >> 4) == 14 ? 3 : (lead >> 3) == 30 ? 4 : 1;
  if (size == 1 || size > text.size()) return {lead, 1};
  char32_t code = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code = (code << 6) | (byte(i) & 0x3FU);
  return {code, size};
}

/// The separators and controls beyond ASCII that Python escapes (the common part of its Unicode tables).
bool is_escaped(char32_t code) {
  return (code >= 0x7F && code <= 0xA0) || code == 0xAD || (code >= 0x2000 && code <= 0x200F) || (code >= 0x2028 && code <= 0x202F) ||
         (code >= 0x205F && code <= 0x206F) || code == 0x3000 || code == 0x1680 || (code >= 0xD800 && code <= 0xF8FF) || code == 0xFEFF ||
         (code >= 0xFFF0 && code <= 0xFFFB) || code >= 0xE0000;
}

void append_hex(std::string& out, char32_t code) {
  const int digits = code <= 0xFF ? 2 : code <= 0xFFFF ? 4 : 8;
  out += digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += kHex[(code >> shift) & 0xFU];
}

std::string quoted(std::string_view text, bool bytes) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(bytes ? "b" : "");
  out += quote;
  while (!text.empty()) {
    const auto [code, size] = bytes ? std::pair<char32_t, std::size_t>{static_cast<unsigned char>(text[0]), 1} : decode(text);
    if (code == static_cast<unsigned char>(quote) || code == '\\') (out += '\\') += static_cast<char>(code);
    else if (code == '\n') out += "\\n";
    else if (code == '\r') out += "\\r";
    else if (code == '\t') out += "\\t";
    else if (code < 0x20 || code == 0x7F || (bytes ? code >= 0x80 : is_escaped(code))) append_hex(out, code);
    else out += text.substr(0, size);
    text.remove_prefix(size);
  }
  return out += quote;
}

void append(std::string& out, const Value& value);

void append_elements(std::string& out, std::span<const Value> elements) {
  bool first = true;
  for (const Value& element : elements) {
    if (!first) out += ", ";
    first = false;
    append(out, element);
  }
}

void append(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::None: out += "None"; return;
    case Value::Kind::Bool: out += value.as_bool() ? "True" : "False"; return;
    case Value::Kind::Int: out += std::to_string(value.as_int()); return;
    case Value::Kind::Float: out += float_repr(value.as_double()); return;
    case Value::Kind::String: out += quoted(value.as_string(), false); return;
    case Value::Kind::Bytes: out += quoted(value.as_bytes(), true); return;
    case Value::Kind::List:
      out += '[';
      append_elements(out, value.elements());
      out += ']';
      return;
    case Value::Kind::Tuple:
      out += '(';
      append_elements(out, value.elements());
      out += value.size() == 1 ? ",)" : ")";
      return;
    case Value::Kind::Set:
      if (value.empty()) {
        out += "set()";
        return;
      }
      out += '{';
      append_elements(out, value.elements());
      out += '}';
      return;
    case Value::Kind::Dict: {
      out += '{';
      bool first = true;
      for (const auto& [key, item] : value.as_dict()) {
        if (!first) out += ", ";
        first = false;
        append(out, key);
        out += ": ";
        append(out, item);
      }
      out += '}';
      return;
    }
  }
}

}  // namespace

std::string repr(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

std::ostream& operator<<(std::ostream& out, const Value& value) { return out << repr(value); }

}  // namespace detforge
