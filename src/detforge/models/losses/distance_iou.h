#pragma once

#include <torch/torch.h>

namespace detforge {

/// What DIoU and CIoU (arXiv 1911.08287) measure of each pair of boxes, both [N, 4] xyxy px.
struct DistanceIou {
  torch::Tensor iou;       ///< [N], `eps` added to the union
  torch::Tensor distance;  ///< [N] squared distance of the centres over the squared diagonal of the box around both
};

DistanceIou distance_iou(const torch::Tensor& a, const torch::Tensor& b, double eps);

}  // namespace detforge
