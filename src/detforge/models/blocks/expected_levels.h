#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "detforge/nn/module.h"

namespace detforge {

/// The feature maps that a component takes and the arguments that say so, for a message in words where others come.
struct ExpectedLevels {
  enum class Which {
    Each,   ///< one entry of `channels` for each level
    Every,  ///< any number of levels, all of `channels[0]`
    Last    ///< any number of levels, the last of `channels[0]`
  };
  static constexpr std::int64_t kAny = -1;  ///< a level whose channels do not matter

  std::string count_argument = {};     ///< says how many levels there are; empty: none does
  std::string channels_argument = {};  ///< says their channels
  std::vector<std::int64_t> channels = {};
  Which which = Which::Each;
  std::string help = {};  ///< a next step where the number is wrong; may be empty

  /// Throws `Error` that names `component`, the argument, what it expects and what came.
  void check(const std::string& component, const nn::Features& levels) const;
};

}  // namespace detforge
