#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// Texts of others: byte-order marks, other encodings, characters that nobody sees.
namespace detforge {

/// The text after UTF-8's byte-order mark, where it begins with one.
std::string_view without_byte_order_mark(std::string_view text);

/// `UTF-16` or `UTF-32` where the text begins as such a one does, with a byte-order mark or without; else nothing.
std::optional<std::string_view> wide_encoding(std::string_view text);

/// `U+00A0, a no-break space`, where the text begins with a character that looks like a blank or like nothing; else empty.
std::string invisible_character(std::string_view text);

/// The text with such characters as `\u00a0`, so that a person sees them.
std::string visible(std::string_view text);
/// The text without such characters, and without blanks at its ends.
std::string without_invisible(std::string_view text);

/// A text file without its byte-order mark. Throws `Error` naming the file for what `read_file` refuses, and for UTF-16 and UTF-32.
std::string read_text(const std::filesystem::path& file, std::uint64_t max_bytes);

/// Throws the `Error` about a file that is not UTF-8.
[[noreturn]] void refuse_encoding(std::string_view encoding, const std::string& place);

}  // namespace detforge
