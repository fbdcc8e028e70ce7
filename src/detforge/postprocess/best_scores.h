#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace detforge::postprocess {

/// The indices of the `count` highest scores, highest first, equal ones in their order; fewer where there are no more.
std::vector<std::size_t> best_scores(std::span<const float> scores, std::size_t count);

}  // namespace detforge::postprocess
