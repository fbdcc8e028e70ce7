#include "detforge/models/blocks/expected_levels.h"

#include "detforge/base/error.h"

namespace detforge {
namespace {

std::string levels_text(std::size_t count) { return std::to_string(count) + (count == 1 ? " level" : " levels"); }

std::string by_argument(const std::string& argument) { return argument.empty() ? "" : " ('" + argument + "')"; }

}  // namespace

void ExpectedLevels::check(const std::string& component, const nn::Features& levels) const {
  const bool each = which == Which::Each;
  if (each ? levels.size() != channels.size() : levels.empty()) {
    Error error(component + " takes " + (each ? "" : "at least ") + levels_text(each ? channels.size() : 1) + by_argument(count_argument) +
                ", got " + std::to_string(levels.size()));
    if (!help.empty()) error.help(help);
    throw error;
  }
  for (std::size_t i = which == Which::Last ? levels.size() - 1 : 0; i < levels.size(); ++i) {
    if (levels[i].dim() != 4) {
      throw Error(component + " takes levels [N, C, H, W], got one of " + std::to_string(levels[i].dim()) + " dimensions as level " +
                  std::to_string(i));
    }
    const std::int64_t expected = channels[each ? i : 0], given = levels[i].size(1);
    if (expected != kAny && given != expected) {
      throw Error(component + " takes " + std::to_string(expected) + " channels at level " + std::to_string(i) +
                  by_argument(channels_argument) + ", got " + std::to_string(given));
    }
  }
}

}  // namespace detforge
