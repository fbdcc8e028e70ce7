#pragma once

#include <string>
#include <vector>

#include "detforge/models/roi_heads/bbox_heads/roi_bbox_head.h"

namespace detforge {

/// A tensor and what a RoI head calls it: `bbox.cls_score`, `mask1.mask_pred`.
struct RoIOutput {
  std::string name;
  torch::Tensor tensor;
};

/// What the box head of `stage` (`bbox`, `bbox1`) says; several predictions are numbered.
void append_outputs(const std::string& stage, const BBoxOutputs& outputs, std::vector<RoIOutput>& all);

}  // namespace detforge
