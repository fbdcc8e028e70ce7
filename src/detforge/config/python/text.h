#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// A str is kept as UTF-8 and counted in code points.
namespace detforge::python {

/// The bytes of the code point that begins at `position`.
std::size_t code_point_length(std::string_view text, std::size_t position);
std::size_t code_points(std::string_view text);
std::u32string decode_utf8(std::string_view text);
std::string encode_utf8(std::u32string_view text);
/// The byte offset of a code point; the size of the text beyond its end.
std::size_t byte_offset(std::string_view text, std::size_t code_point);

bool is_space(char c);
std::string_view strip(std::string_view text, std::string_view characters, bool left, bool right);
/// With ASCII letters changed; others stay.
std::string lower(std::string_view text);
std::string upper(std::string_view text);

}  // namespace detforge::python
