#include "detforge/boxes/assigners/assigner.h"
#include "detforge/boxes/assigners/center_candidates.h"
#include "detforge/boxes/iou_calculators/iou_calculator.h"

namespace detforge {

/// TOOD's rule (arXiv 2108.07755): an object takes the `topk` priors with the largest score^alpha · overlap^beta whose centres lie in it;
/// a prior that several want belongs to the one that its prediction overlaps most.
/// Reads `cls_scores` (after sigmoid), `decoded_bboxes`, `alpha`, `beta`; gives `assign_metrics`.
class TaskAlignedAssigner : public Assigner {
 public:
  struct Options {
    std::int64_t topk = 0;
    ConfigDict iou_calculator = {{"type", "BboxOverlaps2D"}};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::topk, "topk", required, "candidates of each object").at_least(1),
            arg(&Options::iou_calculator, "iou_calculator", "how overlaps are computed").built_by("IOU_CALCULATORS")};
  }

  TaskAlignedAssigner(const Options& options, const BuildContext& context)
      : topk_(options.topk), iou_calculator_(iou_calculators().build(options.iou_calculator, context.child("iou_calculator"))) {}

  AssignResult assign(const AssignInput& input) const override {
    if (!input.cls_scores.defined() || !input.decoded_bboxes.defined() || !input.gt_labels.defined()) {
      throw Error("TaskAlignedAssigner needs predicted scores and boxes, and the classes of the objects");
    }
    const std::int64_t num_gts = input.gt_bboxes.size(0), num_priors = input.priors.size(0);
    if (num_gts == 0 || num_priors == 0) {
      AssignResult result = assign_background(num_gts, num_priors, input.priors, input.gt_labels);
      result.assign_metrics = torch::zeros_like(result.max_overlaps);
      return result;
    }
    const torch::Tensor overlaps = iou_calculator_->overlaps(input.decoded_bboxes, input.gt_bboxes).detach();
    const torch::Tensor scores = input.cls_scores.index_select(1, input.gt_labels).detach();
    const torch::Tensor metrics = scores.pow(input.alpha) * overlaps.pow(input.beta);
    const auto [candidate_metrics, candidates] = metrics.topk(std::min(topk_, num_priors), 0);
    const torch::Tensor wanted =
        overlaps_of_candidates(overlaps, candidates, candidate_metrics > 0, input.priors.slice(1, 0, 4), input.gt_bboxes);
    const auto [max_overlaps, best_gt] = wanted.max(1);
    const torch::Tensor positive = max_overlaps != no_candidate_overlap;
    const torch::Tensor gt_inds = torch::where(positive, best_gt + 1, torch::zeros_like(best_gt));
    return {.num_gts = num_gts,
            .gt_inds = gt_inds,
            .max_overlaps = max_overlaps,
            .labels = assigned_labels(gt_inds, input.gt_labels),
            .assign_metrics = metrics.gather(1, best_gt.unsqueeze(1)).squeeze(1).masked_fill(positive.logical_not(), 0)};
  }

 private:
  std::int64_t topk_;
  std::shared_ptr<IoUCalculator> iou_calculator_;
};

DETFORGE_REGISTER(bbox_assigners, TaskAlignedAssigner,
                  {.name = "TaskAlignedAssigner",
                   .python = "mmdet.core.bbox.assigners.task_aligned_assigner.TaskAlignedAssigner",
                   .meaning = "to the object that score and box agree on best",
                   .since = Reference::V2_27});

}  // namespace detforge
