#include "detforge/config/python/text.h"

#include <algorithm>

#include "detforge/config/python/literals.h"

namespace detforge::python {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::string mapped(std::string_view text, char first, char last, int shift) {
  std::string out(text);
  for (char& c : out) {
    if (c >= first && c <= last) c = static_cast<char>(c + shift);
  }
  return out;
}

}  // namespace

std::size_t code_point_length(std::string_view text, std::size_t position) {
  std::size_t end = position + 1;
  while (end < text.size() && is_continuation(text[end])) ++end;
  return end - position;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::u32string decode_utf8(std::string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = code_point_length(text, i);
    const auto lead = static_cast<unsigned char>(text[i]);
    char32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) code = (code << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    out += code;
    i += length;
  }
  return out;
}

std::string encode_utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t code : text) append_utf8(out, code);
  return out;
}

std::size_t byte_offset(std::string_view text, std::size_t code_point) {
  std::size_t offset = 0;
  for (; code_point > 0 && offset < text.size(); --code_point) offset += code_point_length(text, offset);
  return offset;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1C' && c <= '\x1F'); }

std::string_view strip(std::string_view text, std::string_view characters, bool left, bool right) {
  const auto stripped = [&](std::string_view point) {
    return characters.empty() ? point.size() == 1 && is_space(point[0]) : characters.find(point) != std::string_view::npos;
  };
  while (left && !text.empty()) {
    const std::size_t length = code_point_length(text, 0);
    if (!stripped(text.substr(0, length))) break;
    text.remove_prefix(length);
  }
  while (right && !text.empty()) {
    std::size_t begin = text.size() - 1;
    while (begin > 0 && is_continuation(text[begin])) --begin;
    if (!stripped(text.substr(begin))) break;
    text = text.substr(0, begin);
  }
  return text;
}

std::string lower(std::string_view text) { return mapped(text, 'A', 'Z', 'a' - 'A'); }
std::string upper(std::string_view text) { return mapped(text, 'a', 'z', 'A' - 'a'); }

}  // namespace detforge::python
