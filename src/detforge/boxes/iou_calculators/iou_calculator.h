#pragma once

#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// How much boxes overlap, as assigners ask it. Boxes are [N, 4] xyxy px, or [N, 5] with a score that does not count.
class IoUCalculator {
 public:
  virtual ~IoUCalculator() = default;
  /// Each box of `a` [N, …] with each of `b` [M, …]: [N, M].
  virtual torch::Tensor overlaps(const torch::Tensor& a, const torch::Tensor& b, OverlapMode mode = OverlapMode::Iou) const = 0;
};

Registry<IoUCalculator>& iou_calculators();

}  // namespace detforge
