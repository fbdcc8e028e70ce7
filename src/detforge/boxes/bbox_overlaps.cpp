#include "detforge/boxes/bbox_overlaps.h"

namespace detforge {
namespace {

/// Half precision has no clamp on the CPU.
torch::Tensor not_below_zero(const torch::Tensor& lengths) {
  return lengths.scalar_type() == torch::kHalf ? lengths.to(torch::kFloat).clamp_min(0).to(torch::kHalf) : lengths.clamp_min(0);
}

torch::Tensor area_between(const torch::Tensor& x1, const torch::Tensor& y1, const torch::Tensor& x2, const torch::Tensor& y2) {
  return not_below_zero(x2 - x1) * not_below_zero(y2 - y1);
}

torch::Tensor column_area(const torch::Tensor& boxes) {
  return (boxes.select(-1, 2) - boxes.select(-1, 0)) * (boxes.select(-1, 3) - boxes.select(-1, 1));
}

torch::Tensor shared_areas(const torch::Tensor& a, const torch::Tensor& b) {
  const auto larger = [&](std::int64_t i) { return torch::maximum(a.select(-1, i), b.select(-1, i)); };
  const auto smaller = [&](std::int64_t i) { return torch::minimum(a.select(-1, i), b.select(-1, i)); };
  return area_between(larger(0), larger(1), smaller(2), smaller(3));
}

torch::Tensor broadcast_overlaps(const torch::Tensor& a, const torch::Tensor& b, OverlapMode mode, double eps) {
  const torch::Tensor smallest = torch::full({}, eps, a.options());
  if (mode == OverlapMode::Iof) return shared_areas(a, b) / torch::maximum(column_area(a), smallest);
  const OverlapAreas areas = overlap_areas(a, b);
  const torch::Tensor united = torch::maximum(areas.united, smallest), ratio = areas.shared / united;
  if (mode != OverlapMode::Giou) return ratio;
  const auto larger = [&](std::int64_t i) { return torch::maximum(a.select(-1, i), b.select(-1, i)); };
  const auto smaller = [&](std::int64_t i) { return torch::minimum(a.select(-1, i), b.select(-1, i)); };
  const torch::Tensor enclosing = torch::maximum(area_between(smaller(0), smaller(1), larger(2), larger(3)), smallest);
  return ratio - (enclosing - united) / enclosing;
}

}  // namespace

OverlapAreas overlap_areas(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::Tensor shared = shared_areas(a, b);
  return {shared, column_area(a) + column_area(b) - shared};
}

torch::Tensor bbox_overlaps(const torch::Tensor& a, const torch::Tensor& b, OverlapMode mode, double eps) {
  return broadcast_overlaps(a.unsqueeze(-2), b.unsqueeze(-3), mode, eps);
}

torch::Tensor aligned_bbox_overlaps(const torch::Tensor& a, const torch::Tensor& b, OverlapMode mode, double eps) {
  return broadcast_overlaps(a, b, mode, eps);
}

}  // namespace detforge
