#pragma once

#include <array>
#include <cstdint>

/// What the legacy format begins with.
namespace detforge::torch_legacy {

/// 0x1950a86a20f9469cfc6c, pickled by protocol 2.
inline constexpr std::array<unsigned char, 15> magic = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46,
                                                        0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
inline constexpr std::int64_t protocol_version = 1001;

}  // namespace detforge::torch_legacy
