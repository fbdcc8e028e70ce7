#include "detforge/boxes/assigners/center_candidates.h"

namespace detforge {

torch::Tensor overlaps_of_candidates(const torch::Tensor& overlaps, const torch::Tensor& candidates, const torch::Tensor& good,
                                     const torch::Tensor& priors, const torch::Tensor& gt_bboxes) {
  const auto center = [&](std::int64_t axis) {
    const torch::Tensor all = (priors.select(1, axis) + priors.select(1, axis + 2)) / 2.0;
    return all.index_select(0, candidates.reshape({-1})).view_as(candidates);
  };
  const torch::Tensor x = center(0), y = center(1);
  const auto side = [&](std::int64_t i) { return gt_bboxes.select(1, i); };
  const torch::Tensor inside = torch::stack({x - side(0), y - side(1), side(2) - x, side(3) - y}).amin(0) > 0.01;
  const torch::Tensor chosen = torch::zeros_like(overlaps, torch::kBool).scatter_(0, candidates, good.logical_and(inside));
  return overlaps.masked_fill(chosen.logical_not(), no_candidate_overlap);
}

}  // namespace detforge
