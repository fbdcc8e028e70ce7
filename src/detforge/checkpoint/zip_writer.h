#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "detforge/base/files.h"

namespace detforge {

/// Writes a ZIP archive of stored members as torch.save does: the bytes of each begin at a multiple of 64, so that they
/// can be mapped. zip64 where sizes, places or the number of members ask for it. Equal members give equal archives.
class ZipWriter {
 public:
  explicit ZipWriter(const Sink& sink) : sink_(sink) {}

  /// `name` is ASCII of fewer than 65,536 bytes.
  void add(const std::string& name, std::span<const std::byte> bytes);
  void add(const std::string& name, const std::string& text) { add(name, std::as_bytes(std::span(text))); }
  /// Writes the directory; the last call.
  void finish();

 private:
  struct Member {
    std::string name;
    std::uint32_t crc = 0;
    std::uint64_t size = 0;
    std::uint64_t local_at = 0;
  };

  void write(std::string_view piece);

  const Sink& sink_;
  std::uint64_t position_ = 0;
  std::vector<Member> members_;
};

}  // namespace detforge
