#include "detforge/kernels/candidates.h"

namespace detforge::kernels {

void rescale(Candidates& candidates, const std::array<float, 4>& scale_factor) {
  for (Box& box : candidates.boxes) {
    for (std::size_t i = 0; i < box.size(); ++i) box[i] /= scale_factor[i];
  }
}

Detections select_detections(const Candidates& candidates, const NmsOptions& nms, std::int64_t max_per_img) {
  std::vector<std::int64_t> kept = batched_nms(candidates.boxes, candidates.scores, candidates.labels, nms);
  if (max_per_img > 0 && kept.size() > static_cast<std::size_t>(max_per_img)) kept.resize(static_cast<std::size_t>(max_per_img));
  Detections detections;
  for (const std::int64_t index : kept) {
    const auto i = static_cast<std::size_t>(index);
    detections.boxes_xyxy.push_back(candidates.boxes[i]);
    detections.scores.push_back(candidates.scores[i]);
    detections.labels.push_back(candidates.labels[i]);
  }
  return detections;
}

}  // namespace detforge::kernels
