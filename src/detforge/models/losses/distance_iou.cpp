#include "detforge/models/losses/distance_iou.h"

#include "detforge/boxes/bbox_overlaps.h"

namespace detforge {

DistanceIou distance_iou(const torch::Tensor& a, const torch::Tensor& b, double eps) {
  const auto first = [](const torch::Tensor& boxes) { return boxes.slice(-1, 0, 2); };
  const auto last = [](const torch::Tensor& boxes) { return boxes.slice(-1, 2, 4); };
  const OverlapAreas areas = overlap_areas(a, b);
  const torch::Tensor around = (torch::max(last(a), last(b)) - torch::min(first(a), first(b))).clamp_min(0);
  const torch::Tensor diagonal = around.square().sum(-1) + eps;
  const torch::Tensor apart = ((first(b) + last(b)) - (first(a) + last(a))).square().div(4).sum(-1);
  return {areas.shared / (areas.united + eps), apart / diagonal};
}

}  // namespace detforge
