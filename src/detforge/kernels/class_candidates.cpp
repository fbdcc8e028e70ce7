#include "detforge/kernels/class_candidates.h"

#include <cmath>

namespace detforge::kernels {

void collect_candidates(const ClassScores& predictions, const ClassThreshold& threshold, Candidates& candidates) {
  const auto num_classes = static_cast<std::size_t>(predictions.num_classes);
  const std::size_t columns = num_classes + 1;
  const std::size_t count = predictions.scores.size() / columns;
  const bool boxes_per_class = predictions.boxes.size() != count;
  const auto score_thr = static_cast<float>(threshold.score_thr);
  for (std::size_t i = 0; i < count; ++i) {
    const float factor = predictions.factors.empty() ? 1.0F : predictions.factors[i];
    for (std::size_t label = 0; label < num_classes; ++label) {
      const float score = predictions.scores[i * columns + label];
      const float product = score * factor;
      if (!((threshold.factors_come_first ? product : score) > score_thr) || std::isnan(product)) continue;
      candidates.add(predictions.boxes[boxes_per_class ? i * num_classes + label : i], product, static_cast<std::int64_t>(label));
    }
  }
}

}  // namespace detforge::kernels
