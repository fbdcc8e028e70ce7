#include "detforge/boxes/assigners/max_iou_assigner.h"

namespace detforge {

/// Guided anchoring's rule (arXiv 1901.03278): as MaxIoUAssigner, but the overlap of a prior (a square) is the largest of its
/// approximations in other shapes. Reads `approxs` and `approxs_per_octave`.
class ApproxMaxIoUAssigner : public MaxIoUAssigner {
 public:
  using MaxIoUAssigner::MaxIoUAssigner;

  AssignResult assign(const AssignInput& given) const override {
    if (!given.approxs.defined()) throw Error("ApproxMaxIoUAssigner needs approximations of the priors");
    const AssignInput input = placed(given);
    const std::int64_t num_gts = input.gt_bboxes.size(0), num_priors = input.priors.size(0);
    if (num_gts == 0 || num_priors == 0) return assign_background(num_gts, num_priors, given.priors, given.gt_labels);
    const torch::Tensor of_all = iou_calculator().overlaps(input.gt_bboxes, input.approxs);
    const torch::Tensor overlaps = of_all.view({num_gts, num_priors, input.approxs_per_octave}).amax(2);
    AssignResult result =
        assign_wrt_overlaps(without_ignored(overlaps, input.priors.slice(1, 0, 4), input.gt_bboxes_ignore), input.gt_labels);
    for (torch::Tensor* tensor : {&result.gt_inds, &result.max_overlaps, &result.labels}) {
      if (tensor->defined()) *tensor = tensor->to(given.priors.device());
    }
    return result;
  }
};

DETFORGE_REGISTER(bbox_assigners, ApproxMaxIoUAssigner,
                  {.name = "ApproxMaxIoUAssigner",
                   .python = "mmdet.core.bbox.assigners.approx_max_iou_assigner.ApproxMaxIoUAssigner",
                   .meaning = "to the object that one of a prior's approximations overlaps most"});

}  // namespace detforge
