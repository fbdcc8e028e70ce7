#include "detforge/kernels/candidates.h"

namespace detforge::kernels {

void rescale(Candidates& candidates, const std::array<float, 4>& scale_factor) {
  for (Box& box : candidates.boxes) {
    for (std::size_t i = 0; i < box.size(); ++i) box[i] /= scale_factor[i];
  }
}

Detections select_detections(const Candidates& candidates, const NmsOptions& nms, std::int64_t max_per_img) {
  const NmsResult kept = batched_nms(candidates.boxes, candidates.scores, candidates.labels, nms);
  Detections detections;
  for (std::size_t k = 0; k < kept.indices.size(); ++k) {
    if (max_per_img > 0 && k == static_cast<std::size_t>(max_per_img)) break;
    const auto i = static_cast<std::size_t>(kept.indices[k]);
    detections.boxes_xyxy.push_back(candidates.boxes[i]);
    detections.scores.push_back(kept.scores[k]);
    detections.labels.push_back(candidates.labels[i]);
  }
  return detections;
}

}  // namespace detforge::kernels
