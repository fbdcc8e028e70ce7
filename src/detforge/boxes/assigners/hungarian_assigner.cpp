#include "detforge/boxes/assigners/one_to_one.h"
#include "detforge/boxes/bbox_transforms.h"
#include "detforge/boxes/match_costs/match_cost.h"

namespace detforge {

/// DETR's rule (arXiv 2005.12872): every object takes one prediction, at the least sum of costs of classes, coordinates and overlaps.
/// Reads `cls_scores` as logits, `img_shape`, and `decoded_bboxes` as centre and size in image sizes, [B, 4].
class HungarianAssigner : public Assigner {
 public:
  struct Options {
    ConfigDict cls_cost = {{"type", "ClassificationCost"}, {"weight", 1.0}};
    ConfigDict reg_cost = {{"type", "BBoxL1Cost"}, {"weight", 1.0}};
    ConfigDict iou_cost = {{"type", "IoUCost"}, {"iou_mode", "giou"}, {"weight", 1.0}};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::cls_cost, "cls_cost", "cost of the class").built_by("MATCH_COST"),
            arg(&Options::reg_cost, "reg_cost", "cost of the coordinates").built_by("MATCH_COST"),
            arg(&Options::iou_cost, "iou_cost", "cost of the overlap").built_by("MATCH_COST")};
  }

  HungarianAssigner(const Options& options, const BuildContext& context)
      : cls_cost_(match_costs().build(options.cls_cost, context.child("cls_cost"))),
        reg_cost_(match_costs().build(options.reg_cost, context.child("reg_cost"))),
        iou_cost_(match_costs().build(options.iou_cost, context.child("iou_cost"))) {}

  AssignResult assign(const AssignInput& input) const override {
    if (!input.cls_scores.defined() || !input.decoded_bboxes.defined() || !input.gt_labels.defined()) {
      throw Error("HungarianAssigner needs predicted scores and boxes, and the classes of the objects");
    }
    if (input.gt_bboxes_ignore.defined()) throw Error("HungarianAssigner knows no ignored regions");
    const auto width = static_cast<double>(input.img_shape.width), height = static_cast<double>(input.img_shape.height);
    const torch::Tensor size = torch::tensor({width, height, width, height}, input.gt_bboxes.options());
    const torch::Tensor predicted = input.decoded_bboxes.detach();
    const torch::Tensor cost = (*cls_cost_)(input.cls_scores.detach(), input.gt_labels) + (*reg_cost_)(predicted, input.gt_bboxes / size) +
                               (*iou_cost_)(bbox_cxcywh_to_xyxy(predicted) * size, input.gt_bboxes);
    return assign_one_to_one(cost, input.gt_labels);
  }

 private:
  std::shared_ptr<MatchCost> cls_cost_;
  std::shared_ptr<MatchCost> reg_cost_;
  std::shared_ptr<MatchCost> iou_cost_;
};

DETFORGE_REGISTER(bbox_assigners, HungarianAssigner,
                  {.name = "HungarianAssigner",
                   .python = "mmdet.core.bbox.assigners.hungarian_assigner.HungarianAssigner",
                   .meaning = "one prediction to each object, at the least cost"});

}  // namespace detforge
