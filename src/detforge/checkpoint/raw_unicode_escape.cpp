#include "detforge/checkpoint/raw_unicode_escape.h"

#include <charconv>

#include "detforge/base/error.h"
#include "detforge/config/python/literals.h"

namespace detforge {
namespace {

char32_t code_of(std::string_view digits, std::size_t wanted) {
  std::uint32_t code = 0;
  const char* const end = digits.data() + digits.size();
  const auto [last, failure] = std::from_chars(digits.data(), end, code, 16);
  if (digits.size() != wanted || failure != std::errc() || last != end || code > 0x10FFFF) throw Error("a text has a damaged escape");
  return code;
}

}  // namespace

std::string decode_raw_unicode_escape(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == 'u' || next == 'U') {
      const std::size_t digits = next == 'u' ? 4 : 8;
      python::append_utf8(decoded, code_of(text.substr(i + 2, digits), digits));
      i += 1 + digits;
    } else if (next == '\\') {  // the second begins no escape
      decoded += "\\\\";
      ++i;
    } else {
      python::append_utf8(decoded, static_cast<unsigned char>(text[i]));
    }
  }
  return decoded;
}

}  // namespace detforge
