#include "detforge/base/text_encoding.h"

#include <array>

#include "detforge/base/error.h"
#include "detforge/base/files.h"

namespace detforge {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

struct Invisible {
  std::string_view bytes;
  std::string_view escape;
  std::string_view name;
};

constexpr std::array<Invisible, 19> invisible = {{
    {"\xC2\xA0", "\\u00a0", "U+00A0, a no-break space"},
    {"\xC2\xAD", "\\u00ad", "U+00AD, a soft hyphen"},
    {"\xE1\x9A\x80", "\\u1680", "U+1680, a blank"},
    {"\xE2\x80\x82", "\\u2002", "U+2002, a blank"},
    {"\xE2\x80\x83", "\\u2003", "U+2003, a blank"},
    {"\xE2\x80\x89", "\\u2009", "U+2009, a thin space"},
    {"\xE2\x80\x8A", "\\u200a", "U+200A, a hair space"},
    {"\xE2\x80\x8B", "\\u200b", "U+200B, a zero-width space"},
    {"\xE2\x80\x8C", "\\u200c", "U+200C, a zero-width character"},
    {"\xE2\x80\x8D", "\\u200d", "U+200D, a zero-width character"},
    {"\xE2\x80\x8E", "\\u200e", "U+200E, a mark of the direction of writing"},
    {"\xE2\x80\x8F", "\\u200f", "U+200F, a mark of the direction of writing"},
    {"\xE2\x80\xA8", "\\u2028", "U+2028, a line separator"},
    {"\xE2\x80\xAA", "\\u202a", "U+202A, a mark of the direction of writing"},
    {"\xE2\x80\xAC", "\\u202c", "U+202C, a mark of the direction of writing"},
    {"\xE2\x80\xAF", "\\u202f", "U+202F, a narrow no-break space"},
    {"\xE2\x81\xA0", "\\u2060", "U+2060, a zero-width character"},
    {"\xE3\x80\x80", "\\u3000", "U+3000, an ideographic space"},
    {byte_order_mark, "\\ufeff", "U+FEFF, a byte-order mark"},
}};

const Invisible* invisible_at(std::string_view text) {
  if (text.empty() || static_cast<unsigned char>(text[0]) < 0xC2) return nullptr;
  for (const Invisible& one : invisible) {
    if (text.starts_with(one.bytes)) return &one;
  }
  return nullptr;
}

/// The text with each invisible character replaced.
template <class Replacement>
std::string replaced(std::string_view text, Replacement replacement) {
  std::string out;
  while (!text.empty()) {
    const Invisible* found = invisible_at(text);
    if (found != nullptr) out += replacement(*found);
    else out += text[0];
    text.remove_prefix(found != nullptr ? found->bytes.size() : 1);
  }
  return out;
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return text;
}

std::optional<std::string_view> wide_encoding(std::string_view text) {
  using namespace std::string_view_literals;
  if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv)) return "UTF-32";
  if (text.starts_with("\xFF\xFE"sv) || text.starts_with("\xFE\xFF"sv)) return "UTF-16";
  // Without a mark: a text begins with a character of ASCII, whose other byte is 0.
  if (text.size() < 2 || (text[0] != '\0') == (text[1] != '\0')) return std::nullopt;
  return text.size() >= 4 && text[0] != '\0' && text[2] == '\0' ? "UTF-32" : "UTF-16";
}

std::string invisible_character(std::string_view text) {
  const Invisible* found = invisible_at(text);
  return found == nullptr ? std::string() : std::string(found->name);
}

std::string visible(std::string_view text) {
  return replaced(text, [](const Invisible& one) { return one.escape; });
}

std::string without_invisible(std::string_view text) {
  const std::string shown = replaced(text, [](const Invisible&) { return std::string_view(); });
  const std::size_t begin = shown.find_first_not_of(" \t\r\n");
  return begin == std::string::npos ? std::string() : shown.substr(begin, shown.find_last_not_of(" \t\r\n") + 1 - begin);
}

std::string read_text(const std::filesystem::path& file, std::uint64_t max_bytes) {
  std::string text = read_file(file, max_bytes);
  if (const auto encoding = wide_encoding(text)) refuse_encoding(*encoding, file.string());
  text.erase(0, text.size() - without_byte_order_mark(text).size());
  return text;
}

void refuse_encoding(std::string_view encoding, const std::string& place) {
  throw Error("the file is " + std::string(encoding) + ", not UTF-8")
      .at(place)
      .help("`iconv -f " + std::string(encoding) + " -t UTF-8` turns it into UTF-8");
}

}  // namespace detforge
