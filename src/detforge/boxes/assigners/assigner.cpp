#include "detforge/boxes/assigners/assigner.h"

namespace detforge {

Registry<Assigner>& bbox_assigners() {
  static Registry<Assigner> registry("BBOX_ASSIGNERS");
  return registry;
}

void AssignResult::add_gt(const torch::Tensor& gt_labels) {
  const std::int64_t count = gt_labels.size(0);
  gt_inds = torch::cat({torch::arange(1, count + 1, gt_inds.options()), gt_inds});
  if (max_overlaps.defined()) max_overlaps = torch::cat({torch::ones({count}, max_overlaps.options()), max_overlaps});
  if (labels.defined()) labels = torch::cat({gt_labels.to(labels.options()), labels});
}

torch::Tensor assigned_labels(const torch::Tensor& gt_inds, const torch::Tensor& gt_labels) {
  if (!gt_labels.defined()) return {};
  if (gt_labels.size(0) == 0) return torch::full_like(gt_inds, -1);
  return gt_labels.to(torch::kLong).index_select(0, (gt_inds - 1).clamp_min(0)).masked_fill(gt_inds <= 0, -1);
}

AssignResult assign_background(std::int64_t num_gts, std::int64_t num_priors, const torch::Tensor& boxes, const torch::Tensor& gt_labels) {
  const torch::Tensor gt_inds = torch::zeros({num_priors}, boxes.options().dtype(torch::kLong));
  return {.num_gts = num_gts,
          .gt_inds = gt_inds,
          .max_overlaps = torch::zeros({num_priors}, boxes.options()),
          .labels = gt_labels.defined() ? torch::full_like(gt_inds, -1) : torch::Tensor()};
}

}  // namespace detforge
