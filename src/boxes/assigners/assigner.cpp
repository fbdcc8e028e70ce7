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

}  // namespace detforge
