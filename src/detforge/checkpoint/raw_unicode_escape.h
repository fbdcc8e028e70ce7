#pragma once

#include <string>
#include <string_view>

namespace detforge {

/// Python's codec of that name, in which protocol 0 writes texts: every byte is a character of Latin-1, `\u0041` and `\U00000041` are
/// others. Gives UTF-8. Throws `Error` for an escape without its digits or beyond Unicode.
std::string decode_raw_unicode_escape(std::string_view text);

}  // namespace detforge
