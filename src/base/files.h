#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

/// Files: reading within a bound, and writing that leaves the old file or the new one, never half of one.
namespace detforge {

/// The whole of a regular file. Throws `Error` naming the file when it cannot be opened, is no regular file, or is
/// larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes);

/// Writes beside `path` into a temporary file, syncs it, renames it over `path` and syncs the folder. `write` calls
/// the function it is given with piece after piece. On any failure, an exception out of `write` included, the
/// temporary file is removed, `path` is as it was, and the error (naming the file) goes on up.
void atomic_write(const std::filesystem::path& path, const std::function<void(const std::function<void(std::string_view)>&)>& write);

/// The same with the whole content at hand.
void atomic_write(const std::filesystem::path& path, std::string_view content);

}  // namespace detforge
