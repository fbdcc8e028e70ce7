#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace detforge {

/// Reads a ZIP archive that lies in memory. Members are found by the central directory; every local header must agree
/// with it, and no two members may share bytes, so that no other reader sees another archive. Names are only names:
/// nothing is ever written to a path.
class ZipReader {
 public:
  struct Member {
    std::string name;
    std::uint16_t method = 0;  ///< 0: stored, 8: deflated
    std::uint32_t crc = 0;
    std::uint64_t compressed_size = 0;
    std::uint64_t size = 0;
    std::uint64_t data_at = 0;  ///< where its bytes begin
  };

  /// Throws `Error` for anything malformed, encrypted, split over several files, overlapping, or twice of one name.
  explicit ZipReader(std::span<const std::byte> archive);

  const std::vector<Member>& members() const { return members_; }
  /// Null when there is none of that name.
  const Member* find(const std::string& name) const;
  /// The member's bytes, CRC checked the first time; valid while archive and reader live. Not thread-safe.
  /// Throws `Error` naming the member.
  std::span<const std::byte> read(const Member& member);

 private:
  std::span<const std::byte> archive_;
  std::vector<Member> members_;
  std::map<std::string, std::size_t> by_name_;
  std::set<std::string> checked_;
  std::map<std::string, std::vector<std::byte>> inflated_;
  std::uint64_t inflated_bytes_ = 0;
};

/// Whether the bytes begin as a ZIP archive does.
bool is_zip(std::span<const std::byte> bytes);

}  // namespace detforge
