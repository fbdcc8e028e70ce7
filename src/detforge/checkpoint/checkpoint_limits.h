#pragma once

#include <cstddef>
#include <cstdint>

/// What reading a checkpoint may cost: far beyond any real one, small enough that a hostile one neither hangs nor fills
/// the memory. Tensors' bytes are mapped, not copied, and do not count.
namespace detforge::checkpoint_limits {

inline constexpr std::size_t pickle_bytes = 256U << 20U;  ///< the pickled part of a file
inline constexpr std::size_t objects = 4000000;           ///< that one pickle makes
inline constexpr std::size_t stack = 1000000;             ///< values and marks at once
inline constexpr std::size_t references = 16000000;       ///< elements of all lists, tuples, sets and dicts
inline constexpr std::size_t zip_members = 1000000;
inline constexpr std::size_t name_bytes = 4096;               ///< a member's, a global's or a tensor's name
inline constexpr std::uint64_t inflated_bytes = 1U << 31U;    ///< of all compressed members
inline constexpr std::size_t dimensions = 64;                 ///< of a tensor
inline constexpr std::uint64_t expanded_bytes = 256U << 20U;  ///< of a tensor that repeats its elements by strides of zero
inline constexpr std::size_t plain_nesting = 100;             ///< of plain data (`meta`) handed out
inline constexpr std::size_t plain_values = 1000000;          ///< in it, shared ones counted each time
inline constexpr std::size_t written_nesting = 500;           ///< of objects that are written
inline constexpr std::size_t json_bytes = 100U << 20U;        ///< the header of a safetensors file

}  // namespace detforge::checkpoint_limits
