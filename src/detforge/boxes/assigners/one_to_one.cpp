#include "detforge/boxes/assigners/one_to_one.h"

#include "detforge/kernels/linear_sum_assignment.h"
#include "detforge/ops/spans.h"

namespace detforge {

AssignResult assign_one_to_one(const torch::Tensor& cost, const torch::Tensor& gt_labels) {
  const torch::Tensor costs = cost.detach().to(torch::kCPU, torch::kDouble).contiguous();
  torch::Tensor gt_inds = torch::zeros({cost.size(0)}, torch::kLong);
  for (const auto& [row, column] : kernels::linear_sum_assignment(ops::numbers<double>(costs), cost.size(0), cost.size(1))) {
    gt_inds[row] = column + 1;
  }
  gt_inds = gt_inds.to(cost.device());
  return {.num_gts = cost.size(1), .gt_inds = gt_inds, .labels = assigned_labels(gt_inds, gt_labels)};
}

}  // namespace detforge
