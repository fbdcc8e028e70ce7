#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace detforge {

/// A regular file mapped for reading, so that large weights are paged in only where they are used. Movable.
class MappedFile {
 public:
  /// Throws `Error` naming the file when it cannot be opened or is no regular file.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  /// Valid while this lives.
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace detforge
