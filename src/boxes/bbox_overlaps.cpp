#include "detforge/boxes/bbox_overlaps.h"

namespace detforge {
namespace {

torch::Tensor corners(const torch::Tensor& boxes, std::int64_t first) { return boxes.slice(-1, first, first + 2); }

torch::Tensor area(const torch::Tensor& boxes) { return (corners(boxes, 2) - corners(boxes, 0)).prod(-1); }

torch::Tensor broadcast_overlaps(const torch::Tensor& a, const torch::Tensor& b, OverlapMode mode, double eps) {
  const auto extent = [](const torch::Tensor& from, const torch::Tensor& to) { return (to - from).clamp_min(0).prod(-1); };
  const torch::Tensor overlap = extent(torch::maximum(corners(a, 0), corners(b, 0)), torch::minimum(corners(a, 2), corners(b, 2)));
  torch::Tensor united = mode == OverlapMode::Iof ? area(a) + torch::zeros_like(overlap) : area(a) + area(b) - overlap;
  united = united.clamp_min(eps);
  const torch::Tensor ratio = overlap / united;
  if (mode != OverlapMode::Giou) return ratio;
  const torch::Tensor enclosing =
      extent(torch::minimum(corners(a, 0), corners(b, 0)), torch::maximum(corners(a, 2), corners(b, 2))).clamp_min(eps);
  return ratio - (enclosing - united) / enclosing;
}

}  // namespace

torch::Tensor bbox_overlaps(const torch::Tensor& a, const torch::Tensor& b, OverlapMode mode, double eps) {
  return broadcast_overlaps(a.unsqueeze(-2), b.unsqueeze(-3), mode, eps);
}

torch::Tensor aligned_bbox_overlaps(const torch::Tensor& a, const torch::Tensor& b, OverlapMode mode, double eps) {
  return broadcast_overlaps(a, b, mode, eps);
}

}  // namespace detforge
