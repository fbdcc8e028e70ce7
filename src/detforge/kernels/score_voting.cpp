#include "detforge/kernels/score_voting.h"

#include <array>
#include <cmath>

#include "detforge/data/box_overlap.h"

namespace detforge::kernels {

void score_voting(Detections& detections, const Candidates& candidates) {
  constexpr float smallest_overlap = 0.01F, width = 0.025F;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    Box& box = detections.boxes_xyxy[i];
    std::array<double, 4> sum{};
    double weights = 0;
    for (std::size_t k = 0; k < candidates.boxes.size(); ++k) {
      if (candidates.labels[k] != detections.labels[i]) continue;
      const float overlap = bbox_overlap(box, candidates.boxes[k]);
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
