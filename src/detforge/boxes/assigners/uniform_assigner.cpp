#include "detforge/boxes/assigners/assigner.h"
#include "detforge/boxes/bbox_transforms.h"
#include "detforge/boxes/iou_calculators/iou_calculator.h"

namespace detforge {

/// YOLOF's rule (arXiv 2103.09460): every object takes the `match_times` predictions and the `match_times` anchors that are nearest
/// to it, by the sum of differences of centres and sizes; where the anchor overlaps it by less than `pos_ignore_thr` the prior is neither
/// instead. Other priors whose prediction overlaps an object by more than `neg_ignore_thr` are neither, too.
/// Reads `decoded_bboxes`; gives `pos_idx`, `pos_predicted_boxes` and `target_boxes`, with gradient.
class UniformAssigner : public Assigner {
 public:
  struct Options {
    double pos_ignore_thr = 0;
    double neg_ignore_thr = 0;
    std::int64_t match_times = 4;
    ConfigDict iou_calculator = {{"type", "BboxOverlaps2D"}};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::pos_ignore_thr, "pos_ignore_thr", required, "below this overlap a matched anchor is neither"),
            arg(&Options::neg_ignore_thr, "neg_ignore_thr", required, "above this overlap of its prediction an anchor is no background"),
            arg(&Options::match_times, "match_times", "so many anchors, and as many predictions, belong to an object").at_least(1),
            arg(&Options::iou_calculator, "iou_calculator", "how overlaps are computed").built_by("IOU_CALCULATORS")};
  }

  UniformAssigner(const Options& options, const BuildContext& context)
      : options_(options), iou_calculator_(iou_calculators().build(options.iou_calculator, context.child("iou_calculator"))) {}

  AssignResult assign(const AssignInput& input) const override {
    if (!input.decoded_bboxes.defined()) throw Error("UniformAssigner needs predicted boxes");
    const torch::Tensor &anchors = input.priors, &predictions = input.decoded_bboxes, &gt_bboxes = input.gt_bboxes;
    const std::int64_t num_gts = gt_bboxes.size(0), num_priors = predictions.size(0);
    AssignResult result = assign_background(num_gts, num_priors, predictions, input.gt_labels);
    if (!result.labels.defined()) result.labels = torch::full_like(result.gt_inds, -1);
    result.max_overlaps = torch::Tensor();
    if (num_gts == 0 || num_priors == 0) {
      result.pos_idx = torch::empty({0}, predictions.options().dtype(torch::kBool));
      result.pos_predicted_boxes = torch::empty({0, 4}, predictions.options());
      result.target_boxes = torch::empty({0, 4}, predictions.options());
      return result;
    }
    const std::int64_t match_times = std::min(options_.match_times, num_priors);
    const torch::Tensor matched = torch::cat({nearest(predictions, gt_bboxes, match_times), nearest(anchors, gt_bboxes, match_times)}, 1);
    const torch::Tensor indexes = matched.reshape({-1});
    const torch::Tensor gts = torch::arange(num_gts, indexes.options()).repeat({2 * match_times});

    const torch::Tensor covered = iou_calculator_->overlaps(predictions, gt_bboxes).amax(1);
    result.gt_inds.masked_fill_(covered > options_.neg_ignore_thr, -1);
    const torch::Tensor overlaps = iou_calculator_->overlaps(anchors, gt_bboxes).index({indexes, gts});
    const torch::Tensor too_far = overlaps < options_.pos_ignore_thr;
    result.gt_inds.index_put_({indexes}, (gts + 1).masked_fill(too_far, -1));
    result.labels = assigned_labels(result.gt_inds, input.gt_labels);
    result.pos_idx = too_far.logical_not();
    result.pos_predicted_boxes = predictions.index_select(0, indexes);
    result.target_boxes = gt_bboxes.index_select(0, gts);
    return result;
  }

 private:
  /// The indices [match_times, G] of the boxes that are nearest to each object.
  static torch::Tensor nearest(const torch::Tensor& boxes, const torch::Tensor& gt_bboxes, std::int64_t match_times) {
    const torch::Tensor distances = torch::cdist(bbox_xyxy_to_cxcywh(boxes.detach()), bbox_xyxy_to_cxcywh(gt_bboxes), 1);
    return std::get<1>(distances.topk(match_times, 0, /*largest=*/false));
  }

  Options options_;
  std::shared_ptr<IoUCalculator> iou_calculator_;
};

DETFORGE_REGISTER(bbox_assigners, UniformAssigner,
                  {.name = "UniformAssigner",
                   .python = "mmdet.core.bbox.assigners.uniform_assigner.UniformAssigner",
                   .meaning = "the same number of anchors to every object",
                   .since = Reference::V2_27});

}  // namespace detforge
