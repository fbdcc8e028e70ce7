#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace detforge {

/// Hands each line of a file of comma-separated values to `take`, with its number from 1 and its fields; a field may stand in double
/// quotes, a quote in it twice. Empty lines do not count; lines end with LF or CRLF, quoted or not. Throws `Error` naming the file.
void read_csv(const std::filesystem::path& file, const std::function<void(std::size_t line, const std::vector<std::string>& fields)>& take);

}  // namespace detforge
