#include "detforge/postprocess/best_scores.h"

#include <algorithm>
#include <numeric>

namespace detforge::postprocess {

std::vector<std::size_t> best_scores(std::span<const float> scores, std::size_t count) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  count = std::min(count, order.size());
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(count);
  const auto better = [&](std::size_t a, std::size_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; };
  if (end != order.end()) std::nth_element(order.begin(), end, order.end(), better);
  std::sort(order.begin(), end, better);
  order.resize(count);
  return order;
}

}  // namespace detforge::postprocess
