#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace detforge {

/// The checksum of ZIP.
std::uint32_t crc_of(std::span<const std::byte> bytes);

}  // namespace detforge
