#include "detforge/postprocess/fast_nms.h"

#include <algorithm>

#include "detforge/data/box_overlap.h"
#include "detforge/postprocess/best_scores.h"

namespace detforge::postprocess {

FastNms::Kept FastNms::run(std::span<const kernels::Box> boxes, std::span<const float> scores) const {
  Kept all;
  if (boxes.empty()) return all;
  const std::size_t columns = scores.size() / boxes.size();
  const auto least_score = static_cast<float>(score_thr), most_overlap = static_cast<float>(iou_thr);
  for (std::size_t label = 0; label + 1 < columns; ++label) {
    // Boxes that score too little are below all others, and so let none of them fall.
    std::vector<std::size_t> candidates;
    std::vector<float> of_class;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const float score = scores[i * columns + label];
      if (!(score > least_score)) continue;
      candidates.push_back(i);
      of_class.push_back(score);
    }
    const std::vector<std::size_t> order = best_scores(of_class, static_cast<std::size_t>(std::max<std::int64_t>(0, top_k)));
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
      const std::size_t box = candidates[order[rank]];
      const auto lets_fall = [&](std::size_t better) { return bbox_overlap(boxes[candidates[better]], boxes[box]) > most_overlap; };
      if (std::any_of(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(rank), lets_fall)) continue;
      all.boxes.push_back(box);
      all.labels.push_back(static_cast<std::int64_t>(label));
      all.scores.push_back(of_class[order[rank]]);
    }
  }
  Kept best;
  for (const std::size_t i : best_scores(all.scores, max_num > 0 ? static_cast<std::size_t>(max_num) : all.scores.size())) {
    best.boxes.push_back(all.boxes[i]);
    best.labels.push_back(all.labels[i]);
    best.scores.push_back(all.scores[i]);
  }
  return best;
}

}  // namespace detforge::postprocess
