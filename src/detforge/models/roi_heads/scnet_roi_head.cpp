#include <numeric>

#include "detforge/models/roi_heads/cascade_roi_head.h"
#include "detforge/models/roi_heads/mask_heads/feature_relay_head.h"
#include "detforge/models/roi_heads/mask_heads/global_context_head.h"
#include "detforge/models/roi_heads/mask_heads/mask_target.h"
#include "detforge/models/roi_heads/semantic_fusion.h"

namespace detforge {

/// SCNet (arXiv 2012.10150): one mask head behind the last stage sees in training what it sees in testing. Features of a semantic
/// segmentation, of the image's classes and of the box head are added to those of regions.
class SCNetRoIHead : public CascadeRoIHead {
 public:
  struct Options : CascadeRoIHead::Options {
    std::optional<ConfigDict> semantic_roi_extractor;
    std::optional<ConfigDict> semantic_head;
    std::optional<ConfigDict> feat_relay_head;
    std::optional<ConfigDict> glbctx_head;
  };
  static Arguments<Options> arguments();

  SCNetRoIHead(const Options& options, const BuildContext& context);

  Losses loss(const nn::Features& features, const Proposals& proposals, const Targets& targets) override;

 protected:
  ImageFeatures image_features(const nn::Features& levels) override;
  /// The global context is not among what a stage is shown.
  ImageFeatures shown_features(const nn::Features& levels) override;
  BBoxForward bbox_forward(std::size_t stage, const ImageFeatures& image, const torch::Tensor& rois) override;
  std::vector<torch::Tensor> mask_forward(const ImageFeatures& image, const torch::Tensor& rois) override;
  bool shows_bbox_feats() const override { return false; }

 private:
  /// Region features with those of the whole image.
  torch::Tensor in_context(torch::Tensor roi_feats, const ImageFeatures& image, const torch::Tensor& rois);
  /// `shared_feat` [N, C] of the last box head for the same regions; undefined: none is relayed.
  torch::Tensor mask_pred(const ImageFeatures& image, const torch::Tensor& rois, const torch::Tensor& shared_feat);

  std::shared_ptr<RoIExtractor> semantic_roi_extractor_;
  std::shared_ptr<SemanticHead> semantic_head_;
  std::shared_ptr<FeatureRelayHead> feat_relay_head_;
  std::shared_ptr<GlobalContextHead> glbctx_head_;
};

Arguments<SCNetRoIHead::Options> SCNetRoIHead::arguments() {
  return {CascadeRoIHead::arguments(),
          arg(&Options::semantic_roi_extractor, "semantic_roi_extractor", "features of the segmentation for regions")
              .built_by("ROI_EXTRACTORS"),
          arg(&Options::semantic_head, "semantic_head", "segments the whole image").built_by("HEADS"),
          arg(&Options::feat_relay_head, "feat_relay_head", "maps for masks out of the box head's vectors").built_by("HEADS"),
          arg(&Options::glbctx_head, "glbctx_head", "which classes the image shows").built_by("HEADS")};
}

SCNetRoIHead::SCNetRoIHead(const Options& options, const BuildContext& context)
    : CascadeRoIHead("SCNetRoIHead", options, MaskHeads::One, context) {
  if (!with_mask()) throw ArgumentError("mask_head", "must be given");
  if (options.semantic_head) {
    if (!options.semantic_roi_extractor) throw ArgumentError("semantic_roi_extractor", "must be given where there is a semantic_head");
    semantic_roi_extractor_ = register_module(
        "semantic_roi_extractor", roi_extractors().build(*options.semantic_roi_extractor, context.child("semantic_roi_extractor")));
    semantic_head_ =
        register_module("semantic_head", build_head<SemanticHead>(*options.semantic_head, context.child("semantic_head"), "semantic head"));
  }
  if (options.feat_relay_head) {
    feat_relay_head_ = register_module(
        "feat_relay_head", build_head<FeatureRelayHead>(*options.feat_relay_head, context.child("feat_relay_head"), "feature relay head"));
  }
  if (options.glbctx_head) {
    glbctx_head_ = register_module(
        "glbctx_head", build_head<GlobalContextHead>(*options.glbctx_head, context.child("glbctx_head"), "global context head"));
  }
  show_init_cfg(context, options.init_cfg);
}

CascadeRoIHead::ImageFeatures SCNetRoIHead::image_features(const nn::Features& levels) {
  ImageFeatures image = CascadeRoIHead::image_features(levels);
  if (semantic_head_) {
    const SemanticOutputs outputs = semantic_head_->forward(levels);
    image.semantic_pred = outputs.mask_pred;
    image.semantic_feat = outputs.feat;
  }
  if (glbctx_head_) {
    const GlobalContextHead::Outputs outputs = glbctx_head_->forward(levels);
    image.glbctx_pred = outputs.mc_pred;
    image.glbctx_feat = outputs.feat;
  }
  return image;
}

CascadeRoIHead::ImageFeatures SCNetRoIHead::shown_features(const nn::Features& levels) {
  ImageFeatures image = image_features(levels);
  image.glbctx_feat = torch::Tensor();
  return image;
}

torch::Tensor SCNetRoIHead::in_context(torch::Tensor roi_feats, const ImageFeatures& image, const torch::Tensor& rois) {
  if (image.semantic_feat.defined()) roi_feats = add_semantic_features(roi_feats, *semantic_roi_extractor_, image.semantic_feat, rois);
  if (image.glbctx_feat.defined()) roi_feats = roi_feats + image.glbctx_feat.index_select(0, rois.select(1, 0).to(torch::kLong));
  return roi_feats;
}

CascadeRoIHead::BBoxForward SCNetRoIHead::bbox_forward(std::size_t stage, const ImageFeatures& image, const torch::Tensor& rois) {
  BBoxForward result;
  result.bbox_feats = in_context(bbox_roi_extractor(stage).forward(image.levels, rois), image, rois);
  result.outputs = bbox_head(stage).forward(result.bbox_feats);
  return result;
}

torch::Tensor SCNetRoIHead::mask_pred(const ImageFeatures& image, const torch::Tensor& rois, const torch::Tensor& shared_feat) {
  torch::Tensor feats = in_context(mask_roi_extractor(0).forward(image.levels, rois), image, rois);
  if (feat_relay_head_ && shared_feat.defined() && rois.size(0) > 0) feats = feats + feat_relay_head_->forward(shared_feat);
  return mask_head(0).forward(feats);
}

std::vector<torch::Tensor> SCNetRoIHead::mask_forward(const ImageFeatures& image, const torch::Tensor& rois) {
  const torch::Tensor shared_feat = feat_relay_head_ ? bbox_forward(num_stages() - 1, image, rois).outputs.shared_feat : torch::Tensor();
  return {mask_pred(image, rois, shared_feat)};
}

Losses SCNetRoIHead::loss(const nn::Features& features, const Proposals& given, const Targets& targets) {
  Losses losses;
  Proposals proposals = given;
  const ImageFeatures image = image_features(features);
  if (semantic_head_) losses.set("loss_semantic_seg", semantic_head_->loss(image.semantic_pred, semantic_labels(targets)));
  if (glbctx_head_) losses.set("loss_glbctx", glbctx_head_->loss(image.glbctx_pred, targets.gt_labels));
  Stage learnt;
  for (std::size_t stage = 0; stage < num_stages(); ++stage) {
    learnt = learn_boxes(stage, image, proposals, targets, losses);
    if (stage + 1 < num_stages()) proposals = refined(stage, learnt, targets);
  }
  const torch::Tensor shared_feat =
      learnt.outputs.shared_feat.defined() ? learnt.outputs.shared_feat.index_select(0, positive_rows_of(learnt.samples)) : torch::Tensor();
  const torch::Tensor predicted = mask_pred(image, positive_rois_of(learnt.samples), shared_feat);
  const Losses of_masks = mask_head(0).loss(predicted, mask_target(learnt.samples, targets.gt_masks, train_cfg(num_stages() - 1)),
                                            positive_labels_of(learnt.samples));
  const double weight = std::accumulate(stage_loss_weights().begin(), stage_loss_weights().end(), 0.0);
  losses.set("loss_mask", of_masks.find("loss_mask")->values.front() * weight);
  return losses;
}

DETFORGE_REGISTER(heads, SCNetRoIHead,
                  {.name = "SCNetRoIHead",
                   .python = "mmdet.models.roi_heads.scnet_roi_head.SCNetRoIHead",
                   .meaning = "a cascade with one mask head that sees the same in training and testing",
                   .since = Reference::V2_27});

}  // namespace detforge
