#include "detforge/checkpoint/wrapper_prefix.h"

#include <algorithm>
#include <array>

namespace detforge {

std::string without_wrapper_prefixes(std::string_view name, const std::function<bool(std::string_view prefix)>& keeps) {
  static constexpr std::array<std::string_view, 5> prefixes = {"module.", "_orig_mod.", "model.", "detector.", "net."};
  for (;;) {
    const auto* found =
        std::find_if(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) { return name.starts_with(prefix) && !keeps(prefix); });
    if (found == prefixes.end()) return std::string(name);
    name.remove_prefix(found->size());
  }
}

}  // namespace detforge
