#include "detforge/models/necks/level_range.h"

namespace detforge {

LevelRange level_range(std::size_t num_ins, std::int64_t num_outs, std::int64_t start_level, std::int64_t end_level,
                       const BuildContext& context) {
  const auto inputs = static_cast<std::int64_t>(num_ins);
  const bool inclusive = context.reference == Reference::V2_27;
  const bool to_the_last = end_level == -1 || (inclusive && end_level == inputs - 1);
  const std::int64_t end = to_the_last ? inputs : end_level + (inclusive ? 1 : 0);
  if (end > inputs) throw ArgumentError("end_level", "lies beyond the " + std::to_string(inputs) + " input levels");
  if (start_level >= end) throw ArgumentError("start_level", "leaves no input level");
  const std::int64_t used = end - start_level;
  if (num_outs < used) throw ArgumentError("num_outs", "must be at least the number of levels used, " + std::to_string(used));
  if (!to_the_last && num_outs != used) {
    throw ArgumentError("num_outs", "must be the number of levels used, " + std::to_string(used) + ", where end_level is not the last");
  }
  return {static_cast<std::size_t>(start_level), static_cast<std::size_t>(end), static_cast<std::size_t>(num_outs - used)};
}

ExpectedLevels expected_levels(const LevelRange& range, const std::vector<std::int64_t>& in_channels) {
  ExpectedLevels levels{.count_argument = "in_channels", .channels_argument = "in_channels", .channels = in_channels};
  for (std::size_t i = 0; i < in_channels.size(); ++i) {
    if (i < range.start || i >= range.end) levels.channels[i] = ExpectedLevels::kAny;
  }
  return levels;
}

}  // namespace detforge
