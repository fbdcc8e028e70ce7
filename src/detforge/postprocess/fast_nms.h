#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detforge/kernels/nms.h"

namespace detforge::postprocess {

/// YOLACT's Fast NMS (arXiv 1904.02689).
struct FastNms {
  double score_thr = 0;       ///< detections score more
  double iou_thr = 0.5;       ///< a box falls that overlaps a better one of its class, fallen or not, by more
  std::int64_t top_k = 200;   ///< boxes of each class that are looked at
  std::int64_t max_num = -1;  ///< at most so many detections, where this is above 0

  /// Best first.
  struct Kept {
    std::vector<std::size_t> boxes;  ///< their places in the input
    std::vector<std::int64_t> labels;
    std::vector<float> scores;
  };
  /// Of `boxes` [N] with `scores` [N, num_classes + 1], the background's last. Equal scores in the order of classes and boxes.
  Kept run(std::span<const kernels::Box> boxes, std::span<const float> scores) const;
};

}  // namespace detforge::postprocess
