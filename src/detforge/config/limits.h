#pragma once

#include <cstddef>
#include <cstdint>

/// What a config may cost. Far beyond any real one, small enough that a hostile one neither hangs nor fills the memory.
namespace detforge::limits {

inline constexpr std::uint64_t kFileBytes = 4U << 20U;    ///< one file of the `_base_` chain
inline constexpr std::size_t kChainDepth = 32;            ///< a base of a base of …
inline constexpr std::size_t kChainFiles = 256;           ///< all bases of one config
inline constexpr std::uint32_t kNesting = 100;            ///< brackets, blocks, operators within operators
inline constexpr std::uint32_t kValueNesting = 100;       ///< lists and dicts within each other
inline constexpr std::uint64_t kLoopIterations = 200000;  ///< of all loops and comprehensions of one file
inline constexpr std::uint64_t kWork = 20000000;          ///< elements and bytes touched while one file is evaluated
inline constexpr std::size_t kStringBytes = 4U << 20U;    ///< one str or bytes
inline constexpr std::size_t kElements = 1000000;         ///< one list, tuple, set or dict
inline constexpr std::size_t kHeapBytes = 64U << 20U;     ///< everything that one file makes
inline constexpr std::size_t kValues = 1000000;           ///< values of one finished config, shared ones counted each time

}  // namespace detforge::limits
