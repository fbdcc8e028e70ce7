#include "detforge/models/dense_heads/corner/heatmap_peaks.h"

#include <algorithm>

namespace detforge {

HeatmapPeaks heatmap_peaks(const torch::Tensor& probabilities, std::int64_t k, std::int64_t kernel) {
  const std::int64_t width = probabilities.size(2), area = probabilities.size(1) * width;
  const torch::Tensor largest =
      torch::max_pool2d(probabilities.unsqueeze(0), kernel, /*stride=*/1, /*padding=*/(kernel - 1) / 2).squeeze(0);
  const torch::Tensor peaks = (probabilities * (largest == probabilities)).flatten();
  const auto [scores, places] = peaks.topk(std::min(k, peaks.size(0)));
  const torch::Tensor indices = places % area;
  return {.scores = scores,
          .labels = torch::div(places, area, "floor"),
          .indices = indices,
          .x = (indices % width).to(torch::kFloat),
          .y = torch::div(indices, width, "floor").to(torch::kFloat)};
}

}  // namespace detforge
