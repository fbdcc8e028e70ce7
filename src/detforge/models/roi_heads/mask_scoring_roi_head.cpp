#include "detforge/models/roi_heads/mask_heads/maskiou_head.h"
#include "detforge/models/roi_heads/standard_roi_head.h"

namespace detforge {

/// Mask Scoring R-CNN (arXiv 1903.00241): masks have scores of their own, the box's times how well the mask fits.
class MaskScoringRoIHead : public StandardRoIHead {
 public:
  struct Options : StandardRoIHead::Options {
    ConfigDict mask_iou_head;
  };
  static Arguments<Options> arguments() {
    return {StandardRoIHead::arguments(), arg(&Options::mask_iou_head, "mask_iou_head", required, "how well masks fit").built_by("HEADS")};
  }

  MaskScoringRoIHead(const Options& options, const BuildContext& context) : StandardRoIHead("MaskScoringRoIHead", options, context) {
    if (!with_mask()) throw ArgumentError("mask_head", "must be given");
    mask_iou_head_ = register_module("mask_iou_head",
                                     build_head<MaskIoUHead>(options.mask_iou_head, context.child("mask_iou_head"), "head of masks' IoU"));
    show_init_cfg(context, options.init_cfg);
  }

 protected:
  Losses mask_loss(const nn::Features& features, std::span<const SamplingResult> samples, const torch::Tensor& bbox_feats,
                   const Targets& targets) override {
    MaskLoss masks = fcn_mask_loss(features, samples, bbox_feats, targets);
    const torch::Tensor labels = positive_labels_of(samples);
    if (labels.size(0) == 0) {
      masks.losses.set("loss_mask_iou", masks.forward.mask_pred.sum() * 0);
      return masks.losses;
    }
    if (!train_cfg().mask_thr_binary) throw Error("the train_cfg of MaskScoringRoIHead needs a 'mask_thr_binary'");
    const torch::Tensor of_class = mask_head().masks_of(masks.forward.mask_pred, labels);
    const torch::Tensor predicted = mask_iou_head_->forward(masks.forward.mask_feats, of_class).gather(1, labels.unsqueeze(1)).squeeze(1);
    masks.losses.update(mask_iou_head_->loss(
        predicted, mask_iou_head_->get_targets(samples, targets.gt_masks, of_class, masks.mask_targets, *train_cfg().mask_thr_binary)));
    return masks.losses;
  }

  void score_masks(const MaskForward& masks, const torch::Tensor& labels, std::span<Detections> found) override {
    const torch::Tensor predicted = mask_iou_head_->forward(masks.mask_feats, mask_head().masks_of(masks.mask_pred, labels));
    const torch::Tensor fits = predicted.gather(1, labels.unsqueeze(1)).squeeze(1).to(torch::kCPU, torch::kFloat).contiguous();
    const float* next = fits.data_ptr<float>();
    for (Detections& image : found) {
      for (const float score : image.scores) image.mask_scores.push_back(score * *next++);
    }
  }

 private:
  std::shared_ptr<MaskIoUHead> mask_iou_head_;
};

DETFORGE_REGISTER(heads, MaskScoringRoIHead,
                  {.name = "MaskScoringRoIHead",
                   .python = "mmdet.models.roi_heads.mask_scoring_roi_head.MaskScoringRoIHead",
                   .meaning = "masks with scores of their own"});

}  // namespace detforge
