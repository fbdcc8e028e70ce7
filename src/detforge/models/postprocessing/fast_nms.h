#pragma once

#include <torch/torch.h>

namespace detforge {

struct FastNmsOptions {
  double score_thr = 0;       ///< detections score more
  double iou_thr = 0.5;       ///< a box falls that overlaps a better one of its class, fallen or not, by more
  std::int64_t top_k = 200;   ///< boxes of each class that are looked at
  std::int64_t max_num = -1;  ///< at most so many detections, where this is above 0
};

/// Best first.
struct FastNmsResult {
  torch::Tensor boxes_xyxy;  ///< [k, 4] px
  torch::Tensor scores;      ///< [k]
  torch::Tensor labels;      ///< [k] int64
  torch::Tensor coeffs;      ///< [k, P]
};

/// YOLACT's Fast NMS (arXiv 1904.02689): `boxes_xyxy` [N, 4], `scores` [N, classes + 1] with the background's last, `coeffs` [N, P]. Equal
/// scores keep their order.
FastNmsResult fast_nms(const torch::Tensor& boxes_xyxy, const torch::Tensor& scores, const torch::Tensor& coeffs,
                       const FastNmsOptions& options);

}  // namespace detforge
