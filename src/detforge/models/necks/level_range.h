#pragma once

#include <cstdint>

#include "detforge/models/blocks/expected_levels.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// The input levels that a neck uses, and how many more it makes.
struct LevelRange {
  std::size_t start = 0;
  std::size_t end = 0;  ///< one beyond the last
  std::size_t extra = 0;

  std::size_t used() const { return end - start; }
};

/// What FPN and its relatives make of `start_level`, `end_level` and `num_outs` for `num_ins` input levels. In 2.8 the end
/// level is the one after the last, in 2.27 the last itself; -1 stands for all. Only where the last one is used there may
/// be extra levels. Throws `ArgumentError`.
LevelRange level_range(std::size_t num_ins, std::int64_t num_outs, std::int64_t start_level, std::int64_t end_level,
                       const BuildContext& context);

/// One level for each of `in_channels`; the channels of those that are not used do not matter.
ExpectedLevels expected_levels(const LevelRange& range, const std::vector<std::int64_t>& in_channels);

}  // namespace detforge
