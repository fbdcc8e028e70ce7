#include "detforge/checkpoint/crc.h"

#include <zlib.h>

#include <algorithm>

namespace detforge {

std::uint32_t crc_of(std::span<const std::byte> bytes) {
  constexpr std::size_t chunk = 1U << 30U;  // zlib counts in 32 bits
  uLong crc = crc32(0, nullptr, 0);
  for (std::size_t at = 0; at < bytes.size(); at += chunk) {
    const auto part = bytes.subspan(at, std::min(chunk, bytes.size() - at));
    crc = crc32(crc, reinterpret_cast<const Bytef*>(part.data()), static_cast<uInt>(part.size()));
  }
  return static_cast<std::uint32_t>(crc);
}

}  // namespace detforge
