#include "detforge/boxes/assigners/assigner.h"
#include "detforge/boxes/iou_calculators/iou_calculator.h"

namespace detforge {

/// YOLOv3's rule in MMDetection: background are priors that overlap no object by more than `neg_iou_thr`; an object takes those priors of
/// the cell of its centre that overlap it by more than `pos_iou_thr`, and the best of them if by more than `min_pos_iou`.
/// Reads `box_responsible_flags`.
class GridAssigner : public Assigner {
 public:
  struct Options {
    double pos_iou_thr = 0;
    std::variant<double, std::array<double, 2>> neg_iou_thr = 0.0;
    double min_pos_iou = 0;
    bool gt_max_assign_all = true;
    ConfigDict iou_calculator = {{"type", "BboxOverlaps2D"}};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::pos_iou_thr, "pos_iou_thr", required, "a prior belongs to an object that it overlaps by more"),
            arg(&Options::neg_iou_thr, "neg_iou_thr", required, "up to it a prior is background, or between two of them"),
            arg(&Options::min_pos_iou, "min_pos_iou", "an object takes its best prior if it overlaps by more"),
            arg(&Options::gt_max_assign_all, "gt_max_assign_all", "an object takes all priors of its largest overlap, not the first alone"),
            arg(&Options::iou_calculator, "iou_calculator", "how overlaps are computed").built_by("IOU_CALCULATORS")};
  }

  GridAssigner(const Options& options, const BuildContext& context)
      : options_(options), iou_calculator_(iou_calculators().build(options.iou_calculator, context.child("iou_calculator"))) {}

  AssignResult assign(const AssignInput& input) const override {
    if (!input.box_responsible_flags.defined()) throw Error("GridAssigner needs to know which cells are responsible");
    const std::int64_t num_gts = input.gt_bboxes.size(0), num_priors = input.priors.size(0);
    if (num_gts == 0 || num_priors == 0) return assign_background(num_gts, num_priors, input.priors, input.gt_labels);
    const torch::Tensor of_all = iou_calculator_->overlaps(input.gt_bboxes, input.priors);
    torch::Tensor gt_inds = background(of_all.amax(0));

    const torch::Tensor responsible = input.box_responsible_flags.to(torch::kBool);
    const torch::Tensor overlaps = of_all.masked_fill(responsible.logical_not().unsqueeze(0), -1);
    const auto [max_overlaps, nearest_gt] = overlaps.max(0);
    const auto [gt_max_overlaps, best_prior] = overlaps.max(1);
    gt_inds = torch::where((max_overlaps > options_.pos_iou_thr).logical_and(responsible), nearest_gt + 1, gt_inds);
    const torch::Tensor takes = (gt_max_overlaps > options_.min_pos_iou).cpu();
    for (std::int64_t gt = 0; gt < num_gts; ++gt) {
      if (!takes[gt].item<bool>()) continue;
      torch::Tensor taken = (overlaps[gt] == gt_max_overlaps[gt]).logical_and(responsible);
      if (!options_.gt_max_assign_all) {
        taken = taken.logical_and(torch::arange(num_priors, gt_inds.options()) == best_prior[gt]);
      }
      gt_inds.masked_fill_(taken, gt + 1);
    }
    return {.num_gts = num_gts, .gt_inds = gt_inds, .max_overlaps = max_overlaps, .labels = assigned_labels(gt_inds, input.gt_labels)};
  }

 private:
  /// 0 where the largest overlap is that of background, else -1.
  torch::Tensor background(const torch::Tensor& max_overlaps) const {
    const auto* one = std::get_if<double>(&options_.neg_iou_thr);
    torch::Tensor lies_within;
    if (one != nullptr) {
      lies_within = (max_overlaps >= 0).logical_and(max_overlaps <= *one);
    } else {
      const auto& [above, below] = std::get<std::array<double, 2>>(options_.neg_iou_thr);
      lies_within = (max_overlaps > above).logical_and(max_overlaps <= below);
    }
    return lies_within.to(torch::kLong) - 1;
  }

  Options options_;
  std::shared_ptr<IoUCalculator> iou_calculator_;
};

DETFORGE_REGISTER(bbox_assigners, GridAssigner,
                  {.name = "GridAssigner",
                   .python = "mmdet.core.bbox.assigners.grid_assigner.GridAssigner",
                   .meaning = "to the object whose centre lies in the prior's cell"});

}  // namespace detforge
