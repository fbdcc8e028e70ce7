#include "detforge/boxes/bbox_overlaps.h"

namespace detforge {
namespace {

/// Half precision has no clamp on the CPU.
torch::Tensor not_below_zero(const torch::Tensor& lengths) {
  return lengths.scalar_type() == torch::kHalf ? lengths.to(torch::kFloat).clamp_min(0).to(torch::kHalf) : lengths.clamp_min(0);
}

torch::Tensor overlap_area(const torch::Tensor& x1, const torch::Tensor& y1, const torch::Tensor& x2, const torch::Tensor& y2) {
  return not_below_zero(x2 - x1) * not_below_zero(y2 - y1);
}

torch::Tensor broadcast_overlaps(const torch::Tensor& a, const torch::Tensor& b, OverlapMode mode, double eps) {
  const auto of_a = [&](std::int64_t i) { return a.select(-1, i); };
  const auto of_b = [&](std::int64_t i) { return b.select(-1, i); };
  const auto larger = [&](std::int64_t i) { return torch::maximum(of_a(i), of_b(i)); };
  const auto smaller = [&](std::int64_t i) { return torch::minimum(of_a(i), of_b(i)); };
  const torch::Tensor smallest = torch::full({}, eps, a.options());
  const torch::Tensor overlap = overlap_area(larger(0), larger(1), smaller(2), smaller(3));
  torch::Tensor united = (of_a(2) - of_a(0)) * (of_a(3) - of_a(1));
  if (mode != OverlapMode::Iof) united = united + (of_b(2) - of_b(0)) * (of_b(3) - of_b(1)) - overlap;
  united = torch::maximum(united, smallest);
  const torch::Tensor ratio = overlap / united;
  if (mode != OverlapMode::Giou) return ratio;
  const torch::Tensor enclosing = torch::maximum(overlap_area(smaller(0), smaller(1), larger(2), larger(3)), smallest);
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
