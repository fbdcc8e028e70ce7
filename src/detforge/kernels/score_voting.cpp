#include "detforge/kernels/score_voting.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace detforge::kernels {
namespace {

float overlap_of(const Box& a, const Box& b) {
  constexpr float smallest_union = 1e-6F;
  const float width = std::max(0.0F, std::min(a[2], b[2]) - std::max(a[0], b[0]));
  const float height = std::max(0.0F, std::min(a[3], b[3]) - std::max(a[1], b[1]));
  const float overlap = width * height;
  const float area_a = (a[2] - a[0]) * (a[3] - a[1]), area_b = (b[2] - b[0]) * (b[3] - b[1]);
  return overlap / std::max(area_a + area_b - overlap, smallest_union);
}

}  // namespace

void score_voting(Detections& detections, const Candidates& candidates) {
  constexpr float smallest_overlap = 0.01F, width = 0.025F;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    Box& box = detections.boxes_xyxy[i];
    std::array<double, 4> sum{};
    double weights = 0;
    for (std::size_t k = 0; k < candidates.boxes.size(); ++k) {
      if (candidates.labels[k] != detections.labels[i]) continue;
      const float overlap = overlap_of(box, candidates.boxes[k]);
      if (!(overlap > smallest_overlap)) continue;
      const double weight = static_cast<double>(std::exp(-(1 - overlap) * (1 - overlap) / width) * candidates.scores[k]);
      weights += weight;
      for (std::size_t c = 0; c < 4; ++c) sum[c] += weight * static_cast<double>(candidates.boxes[k][c]);
    }
    if (weights <= 0) continue;
    for (std::size_t c = 0; c < 4; ++c) box[c] = static_cast<float>(sum[c] / weights);
  }
}

}  // namespace detforge::kernels
