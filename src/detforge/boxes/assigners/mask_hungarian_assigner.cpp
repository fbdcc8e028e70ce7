#include "detforge/boxes/assigners/one_to_one.h"
#include "detforge/boxes/match_costs/match_cost.h"

namespace detforge {

/// MaskFormer's rule (arXiv 2107.06278): every object takes one query, at the least sum of costs of classes and masks; costs of weight 0
/// are left out, and so is that of classes without `cls_scores`. Reads `cls_scores` as logits, `mask_preds` and `gt_masks`.
class MaskHungarianAssigner : public Assigner {
 public:
  struct Options {
    ConfigDict cls_cost = {{"type", "ClassificationCost"}, {"weight", 1.0}};
    ConfigDict mask_cost = {{"type", "FocalLossCost"}, {"weight", 1.0}, {"binary_input", true}};
    ConfigDict dice_cost = {{"type", "DiceCost"}, {"weight", 1.0}};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::cls_cost, "cls_cost", "cost of the class").built_by("MATCH_COST"),
            arg(&Options::mask_cost, "mask_cost", "cost of the mask, place by place").built_by("MATCH_COST"),
            arg(&Options::dice_cost, "dice_cost", "cost of the mask as a whole").built_by("MATCH_COST")};
  }

  MaskHungarianAssigner(const Options& options, const BuildContext& context)
      : cls_cost_(match_costs().build(options.cls_cost, context.child("cls_cost"))),
        mask_cost_(match_costs().build(options.mask_cost, context.child("mask_cost"))),
        dice_cost_(match_costs().build(options.dice_cost, context.child("dice_cost"))) {}

  AssignResult assign(const AssignInput& input) const override {
    if (!input.mask_preds.defined() || !input.gt_masks.defined() || !input.gt_labels.defined()) {
      throw Error("MaskHungarianAssigner needs predicted masks, and the masks and classes of the objects");
    }
    const torch::Tensor masks = input.mask_preds.detach();
    torch::Tensor cost = torch::zeros({masks.size(0), input.gt_labels.size(0)}, masks.options());
    if (cost.numel() > 0) {
      if (cls_cost_->weight() != 0 && input.cls_scores.defined()) cost = cost + (*cls_cost_)(input.cls_scores.detach(), input.gt_labels);
      if (mask_cost_->weight() != 0) cost = cost + (*mask_cost_)(masks, input.gt_masks);
      if (dice_cost_->weight() != 0) cost = cost + (*dice_cost_)(masks, input.gt_masks);
    }
    return assign_one_to_one(cost, input.gt_labels);
  }

 private:
  std::shared_ptr<MatchCost> cls_cost_;
  std::shared_ptr<MatchCost> mask_cost_;
  std::shared_ptr<MatchCost> dice_cost_;
};

DETFORGE_REGISTER(bbox_assigners, MaskHungarianAssigner,
                  {.name = "MaskHungarianAssigner",
                   .python = "mmdet.core.bbox.assigners.mask_hungarian_assigner.MaskHungarianAssigner",
                   .meaning = "one predicted mask to each object, at the least cost",
                   .since = Reference::V2_27});

}  // namespace detforge
