#include "detforge/boxes/assigners/max_iou_assigner.h"

namespace detforge {

Arguments<MaxIoUAssigner::Options> MaxIoUAssigner::arguments() {
  return {arg(&Options::pos_iou_thr, "pos_iou_thr", required, "a prior belongs to an object that it overlaps by so much"),
          arg(&Options::neg_iou_thr, "neg_iou_thr", required, "below it a prior is background, or between two of them"),
          arg(&Options::min_pos_iou, "min_pos_iou", "an object takes its best prior if it overlaps by so much"),
          arg(&Options::gt_max_assign_all, "gt_max_assign_all", "an object takes all priors of its largest overlap, not the first alone"),
          arg(&Options::ignore_iof_thr, "ignore_iof_thr", "a prior is neither, of which more lies in an ignored region; -1: none is"),
          arg(&Options::ignore_wrt_candidates, "ignore_wrt_candidates", "more of the prior; else of the region"),
          arg(&Options::match_low_quality, "match_low_quality", "objects take their best priors"),
          arg(&Options::gpu_assign_thr, "gpu_assign_thr", "with more objects the CPU assigns; -1: never"),
          arg(&Options::iou_calculator, "iou_calculator", "how overlaps are computed").built_by("IOU_CALCULATORS")};
}

MaxIoUAssigner::MaxIoUAssigner(const Options& options, const BuildContext& context)
    : options_(options), iou_calculator_(iou_calculators().build(options.iou_calculator, context.child("iou_calculator"))) {}

AssignInput MaxIoUAssigner::placed(const AssignInput& input) const {
  if (options_.gpu_assign_thr <= 0 || input.gt_bboxes.size(0) <= options_.gpu_assign_thr) return input;
  AssignInput moved = input;
  for (torch::Tensor* tensor : {&moved.priors, &moved.gt_bboxes, &moved.gt_bboxes_ignore, &moved.gt_labels, &moved.approxs}) {
    if (tensor->defined()) *tensor = tensor->cpu();
  }
  return moved;
}

void MaxIoUAssigner::set_iou_threshold(double overlap) {
  options_.pos_iou_thr = overlap;
  options_.neg_iou_thr = overlap;
  options_.min_pos_iou = overlap;
}

AssignResult MaxIoUAssigner::assign(const AssignInput& given) const {
  const AssignInput input = placed(given);
  const torch::Tensor priors = input.priors.slice(1, 0, 4);
  const torch::Tensor overlaps = iou_calculator_->overlaps(input.gt_bboxes, priors);
  AssignResult result = assign_wrt_overlaps(without_ignored(overlaps, priors, input.gt_bboxes_ignore), input.gt_labels);
  for (torch::Tensor* tensor : {&result.gt_inds, &result.max_overlaps, &result.labels}) {
    if (tensor->defined()) *tensor = tensor->to(given.priors.device());
  }
  return result;
}

torch::Tensor MaxIoUAssigner::without_ignored(const torch::Tensor& overlaps, const torch::Tensor& priors,
                                              const torch::Tensor& gt_bboxes_ignore) const {
  if (!(options_.ignore_iof_thr > 0) || !gt_bboxes_ignore.defined() || gt_bboxes_ignore.numel() == 0 || priors.numel() == 0)
    return overlaps;
  const torch::Tensor covered = options_.ignore_wrt_candidates
                                    ? iou_calculator_->overlaps(priors, gt_bboxes_ignore, OverlapMode::Iof).amax(1)
                                    : iou_calculator_->overlaps(gt_bboxes_ignore, priors, OverlapMode::Iof).amax(0);
  return overlaps.masked_fill((covered > options_.ignore_iof_thr).unsqueeze(0), -1);
}

AssignResult MaxIoUAssigner::assign_wrt_overlaps(const torch::Tensor& overlaps, const torch::Tensor& gt_labels) const {
  const std::int64_t num_gts = overlaps.size(0), num_priors = overlaps.size(1);
  if (num_gts == 0 || num_priors == 0) return assign_background(num_gts, num_priors, overlaps, gt_labels);
  const auto [max_overlaps, nearest_gt] = overlaps.max(0);
  torch::Tensor gt_inds = torch::full_like(nearest_gt, -1);

  const auto* one = std::get_if<double>(&options_.neg_iou_thr);
  const auto [above, below] = one != nullptr ? std::array<double, 2>{0, *one} : std::get<std::array<double, 2>>(options_.neg_iou_thr);
  gt_inds.masked_fill_((max_overlaps >= above).logical_and(max_overlaps < below), 0);
  gt_inds = torch::where(max_overlaps >= options_.pos_iou_thr, nearest_gt + 1, gt_inds);

  if (options_.match_low_quality) {
    const auto [gt_max_overlaps, best_prior] = overlaps.max(1);
    const torch::Tensor takes = (gt_max_overlaps >= options_.min_pos_iou).cpu();
    for (std::int64_t gt = 0; gt < num_gts; ++gt) {
      if (!takes[gt].item<bool>()) continue;
      if (options_.gt_max_assign_all) {
        gt_inds.masked_fill_(overlaps[gt] == gt_max_overlaps[gt], gt + 1);
      } else {
        gt_inds.index_fill_(0, best_prior[gt], gt + 1);
      }
    }
  }
  return {.num_gts = num_gts, .gt_inds = gt_inds, .max_overlaps = max_overlaps, .labels = assigned_labels(gt_inds, gt_labels)};
}

DETFORGE_REGISTER(bbox_assigners, MaxIoUAssigner,
                  {.name = "MaxIoUAssigner",
                   .python = "mmdet.core.bbox.assigners.max_iou_assigner.MaxIoUAssigner",
                   .meaning = "to the object of the largest overlap"});

}  // namespace detforge
