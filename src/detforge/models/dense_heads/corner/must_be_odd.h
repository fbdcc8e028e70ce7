#pragma once

#include <cstdint>
#include <string>

namespace detforge {

/// A check of a kernel among a config's arguments.
inline std::string must_be_odd(const std::int64_t& kernel) { return kernel % 2 == 1 ? "" : "must be odd"; }

}  // namespace detforge
