#include "detforge/boxes/assigners/assigner.h"
#include "detforge/boxes/bbox_transforms.h"
#include "detforge/boxes/iou_calculators/iou_calculator.h"

namespace detforge {

/// FSAF's rule (arXiv 1903.00621): a prior belongs to the object in which its centre lies and whose core (scaled by `pos_scale`) covers
/// more than `min_pos_iof` of it; of several to the smallest. Where it touches the shadow (scaled by `neg_scale`) of an object, or the core
/// of one that did not get it, it is not held wrong for that class: `shadowed_labels`. Priors with their centre in the middle of an ignored
/// region (scaled by `ignore_gt_scale`) are neither.
class CenterRegionAssigner : public Assigner {
 public:
  struct Options {
    double pos_scale = 0;
    double neg_scale = 0;
    double min_pos_iof = 1e-2;
    double ignore_gt_scale = 0.5;
    bool foreground_dominate = false;
    ConfigDict iou_calculator = {{"type", "BboxOverlaps2D"}};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::pos_scale, "pos_scale", required, "size of the core, in sizes of the object"),
            arg(&Options::neg_scale, "neg_scale", required, "size of the shadow, in sizes of the object"),
            arg(&Options::min_pos_iof, "min_pos_iof", "a core or shadow counts that covers more of a prior"),
            arg(&Options::ignore_gt_scale, "ignore_gt_scale", "size of what is ignored, in sizes of an ignored region"),
            arg(&Options::foreground_dominate, "foreground_dominate", "a prior of an object in the shadow of its own class stays with it"),
            arg(&Options::iou_calculator, "iou_calculator", "how overlaps are computed").built_by("IOU_CALCULATORS")};
  }

  CenterRegionAssigner(const Options& options, const BuildContext& context)
      : options_(options), iou_calculator_(iou_calculators().build(options.iou_calculator, context.child("iou_calculator"))) {}

  AssignResult assign(const AssignInput& input) const override {
    const std::int64_t num_gts = input.gt_bboxes.size(0), num_priors = input.priors.size(0);
    AssignResult result = assign_background(num_gts, num_priors, input.priors, input.gt_labels);
    result.max_overlaps = torch::Tensor();
    const torch::Tensor centers = (input.priors.slice(1, 2, 4) + input.priors.slice(1, 0, 2)) / 2;
    torch::Tensor shadowed = torch::empty({0, 2}, result.gt_inds.options());  // prior, object
    if (num_gts > 0 && num_priors > 0) {
      const torch::Tensor core = located_in(centers, input.gt_bboxes).logical_and(touches(input, options_.pos_scale));
      const torch::Tensor shadow = touches(input, options_.neg_scale).logical_and(core.logical_not());
      const torch::Tensor priority = priorities(input.gt_bboxes).unsqueeze(0).expand_as(core).masked_fill(core.logical_not(), -1);
      const auto [best, gts] = priority.max(1);
      result.gt_inds = (gts + 1).masked_fill(best < 0, 0);
      const torch::Tensor others = core.logical_and(priority != best.unsqueeze(1));
      shadowed = torch::cat({shadow.nonzero(), others.nonzero()});
    }
    if (input.gt_bboxes_ignore.defined() && input.gt_bboxes_ignore.numel() > 0) {
      const torch::Tensor ignored = located_in(centers, bbox_rescale(input.gt_bboxes_ignore, options_.ignore_gt_scale)).any(1);
      result.gt_inds.masked_fill_(ignored, -1);
    }
    if (!input.gt_labels.defined()) return result;
    result.labels = assigned_labels(result.gt_inds, input.gt_labels);
    shade(result, shadowed, input.gt_labels);
    return result;
  }

 private:
  /// [B, G]
  static torch::Tensor located_in(const torch::Tensor& points, const torch::Tensor& boxes) {
    const torch::Tensor x = points.slice(1, 0, 1), y = points.slice(1, 1, 2);
    const auto side = [&](std::int64_t i) { return boxes.select(1, i); };
    return (x > side(0)).logical_and(x < side(2)).logical_and(y > side(1)).logical_and(y < side(3));
  }

  torch::Tensor touches(const AssignInput& input, double scale) const {
    return iou_calculator_->overlaps(input.priors, bbox_rescale(input.gt_bboxes, scale), OverlapMode::Iof) > options_.min_pos_iof;
  }

  /// [G] the rank of each object, 0 for the largest.
  static torch::Tensor priorities(const torch::Tensor& boxes) {
    const torch::Tensor areas = (boxes.select(1, 2) - boxes.select(1, 0)) * (boxes.select(1, 3) - boxes.select(1, 1));
    return std::get<1>(areas.sort(0, /*descending=*/true)).argsort();
  }

  /// Gives `result` the shadows `shadowed` [M, 2] (prior, object). A prior of an object that lies in the shadow of its own class is
  /// background, unless the foreground dominates: then the shadow goes.
  void shade(AssignResult& result, const torch::Tensor& shadowed, const torch::Tensor& gt_labels) const {
    result.shadowed_labels = shadowed;
    if (shadowed.size(0) == 0) return;
    const torch::Tensor priors = shadowed.select(1, 0), labels = gt_labels.to(torch::kLong).index_select(0, shadowed.select(1, 1));
    result.shadowed_labels = torch::stack({priors, labels}, 1);
    const torch::Tensor own = result.labels.index_select(0, priors) == labels;
    if (options_.foreground_dominate) {
      result.shadowed_labels = result.shadowed_labels.index_select(0, own.logical_not().nonzero().view({-1}));
    } else {
      const torch::Tensor darkened = priors.masked_select(own);
      result.labels.index_fill_(0, darkened, -1);
      result.gt_inds.index_fill_(0, darkened, 0);
    }
  }

  Options options_;
  std::shared_ptr<IoUCalculator> iou_calculator_;
};

DETFORGE_REGISTER(bbox_assigners, CenterRegionAssigner,
                  {.name = "CenterRegionAssigner",
                   .python = "mmdet.core.bbox.assigners.center_region_assigner.CenterRegionAssigner",
                   .meaning = "to the smallest object whose middle touches the prior"});

}  // namespace detforge
