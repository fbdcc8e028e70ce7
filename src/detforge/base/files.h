#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "detforge/base/file_system.h"

/// Files: reading within a bound, and writing that leaves the old file or the new one, never half of one.
namespace detforge {

/// The whole of a regular file. Throws `Error` naming the file when it cannot be opened, is no regular file, or is
/// larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes);

/// Takes a file's content piece after piece.
using Sink = std::function<void(std::string_view)>;

/// Writes `.name.tmp` beside `path`, syncs it, renames it to `path` and syncs the folder. `write` calls the function
/// that it is given with piece after piece. Whatever fails (an exception out of `write` included), or wherever the
/// machine stops, `path` has its old content or all of the new one; only a failure to sync the folder, the last step,
/// is told after the new one is in place. The temporary file is removed; one that a killed process left is taken over
/// by the next write to the same path. Writers of one path wait for each other, threads and processes alike.
/// A link is followed; a pipe or a device is written to as it is. Throws `Error` naming the file.
void atomic_write(const std::filesystem::path& path, const std::function<void(const Sink&)>& write,
                  FileSystem& system = FileSystem::real());

/// The same with the whole content at hand.
void atomic_write(const std::filesystem::path& path, std::string_view content, FileSystem& system = FileSystem::real());

}  // namespace detforge
