#include "detforge/models/roi_heads/cascade_roi_head.h"
#include "detforge/models/roi_heads/mask_heads/htc_mask_head.h"
#include "detforge/models/roi_heads/mask_heads/mask_target.h"
#include "detforge/models/roi_heads/semantic_fusion.h"

namespace detforge {

/// Hybrid Task Cascade (arXiv 1901.07518): a stage's masks learn from the boxes that it has refined, mask features pass from stage
/// to stage, and features of a semantic segmentation are added to those of regions.
class HybridTaskCascadeRoIHead : public CascadeRoIHead {
 public:
  struct Options : CascadeRoIHead::Options {
    std::optional<ConfigDict> semantic_roi_extractor;
    std::optional<ConfigDict> semantic_head;
    std::vector<std::string> semantic_fusion = {"bbox", "mask"};
    bool interleaved = true;
    bool mask_info_flow = true;
  };
  static Arguments<Options> arguments();

  HybridTaskCascadeRoIHead(const Options& options, const BuildContext& context);

  Losses loss(const nn::Features& features, const Proposals& proposals, const Targets& targets) override;

 protected:
  ImageFeatures image_features(const nn::Features& levels) override;
  BBoxForward bbox_forward(std::size_t stage, const ImageFeatures& image, const torch::Tensor& rois) override;
  std::vector<torch::Tensor> mask_forward(const ImageFeatures& image, const torch::Tensor& rois) override;
  bool shows_bbox_feats() const override { return false; }

 private:
  HTCMaskHead& htc_mask_head(std::size_t stage) const { return dynamic_cast<HTCMaskHead&>(mask_head(stage)); }
  torch::Tensor mask_features(std::size_t stage, const ImageFeatures& image, const torch::Tensor& rois);
  Losses mask_loss(std::size_t stage, const ImageFeatures& image, std::span<const SamplingResult> samples, const Targets& targets);
  bool fuses(const std::string& what) const;

  std::vector<std::string> semantic_fusion_;
  bool interleaved_;
  bool mask_info_flow_;
  std::shared_ptr<RoIExtractor> semantic_roi_extractor_;
  std::shared_ptr<SemanticHead> semantic_head_;
};

Arguments<HybridTaskCascadeRoIHead::Options> HybridTaskCascadeRoIHead::arguments() {
  return {CascadeRoIHead::arguments(),
          arg(&Options::semantic_roi_extractor, "semantic_roi_extractor", "features of the segmentation for regions")
              .built_by("ROI_EXTRACTORS"),
          arg(&Options::semantic_head, "semantic_head", "segments the whole image").built_by("HEADS"),
          arg(&Options::semantic_fusion, "semantic_fusion", "which regions get its features: bbox, mask"),
          arg(&Options::interleaved, "interleaved", "masks learn from the boxes that their stage has refined"),
          arg(&Options::mask_info_flow, "mask_info_flow", "mask features pass from stage to stage")};
}

HybridTaskCascadeRoIHead::HybridTaskCascadeRoIHead(const Options& options, const BuildContext& context)
    : CascadeRoIHead("HybridTaskCascadeRoIHead", options, MaskHeads::OfEveryStage, context),
      semantic_fusion_(options.semantic_fusion),
      interleaved_(options.interleaved),
      mask_info_flow_(options.mask_info_flow) {
  if (with_mask() && dynamic_cast<HTCMaskHead*>(&mask_head(0)) == nullptr) throw ArgumentError("mask_head", "must be an HTCMaskHead");
  if (options.semantic_head) {
    if (!options.semantic_roi_extractor) throw ArgumentError("semantic_roi_extractor", "must be given where there is a semantic_head");
    semantic_roi_extractor_ = register_module(
        "semantic_roi_extractor", roi_extractors().build(*options.semantic_roi_extractor, context.child("semantic_roi_extractor")));
    semantic_head_ =
        register_module("semantic_head", build_head<SemanticHead>(*options.semantic_head, context.child("semantic_head"), "semantic head"));
  }
  show_init_cfg(context, options.init_cfg);
}

bool HybridTaskCascadeRoIHead::fuses(const std::string& what) const {
  return semantic_head_ && std::find(semantic_fusion_.begin(), semantic_fusion_.end(), what) != semantic_fusion_.end();
}

CascadeRoIHead::ImageFeatures HybridTaskCascadeRoIHead::image_features(const nn::Features& levels) {
  ImageFeatures image = CascadeRoIHead::image_features(levels);
  if (semantic_head_) {
    const SemanticOutputs outputs = semantic_head_->forward(levels);
    image.semantic_pred = outputs.mask_pred;
    image.semantic_feat = outputs.feat;
  }
  return image;
}

CascadeRoIHead::BBoxForward HybridTaskCascadeRoIHead::bbox_forward(std::size_t stage, const ImageFeatures& image,
                                                                   const torch::Tensor& rois) {
  BBoxForward result;
  result.bbox_feats = bbox_roi_extractor(stage).forward(image.levels, rois);
  if (fuses("bbox")) result.bbox_feats = add_semantic_features(result.bbox_feats, *semantic_roi_extractor_, image.semantic_feat, rois);
  result.outputs = bbox_head(stage).forward(result.bbox_feats);
  return result;
}

torch::Tensor HybridTaskCascadeRoIHead::mask_features(std::size_t stage, const ImageFeatures& image, const torch::Tensor& rois) {
  const torch::Tensor feats = mask_roi_extractor(stage).forward(image.levels, rois);
  return fuses("mask") ? add_semantic_features(feats, *semantic_roi_extractor_, image.semantic_feat, rois) : feats;
}

std::vector<torch::Tensor> HybridTaskCascadeRoIHead::mask_forward(const ImageFeatures& image, const torch::Tensor& rois) {
  // In testing every stage reads the last one's features.
  const torch::Tensor feats = mask_features(num_stages() - 1, image, rois);
  std::vector<torch::Tensor> masks;
  torch::Tensor last_feat;
  for (std::size_t stage = 0; stage < num_stages(); ++stage) {
    const HTCMaskHead::Outputs outputs = htc_mask_head(stage).flow(feats, last_feat);
    masks.push_back(outputs.mask_pred);
    if (mask_info_flow_) last_feat = outputs.res_feat;
  }
  return masks;
}

Losses HybridTaskCascadeRoIHead::mask_loss(std::size_t stage, const ImageFeatures& image, std::span<const SamplingResult> samples,
                                           const Targets& targets) {
  const torch::Tensor feats = mask_features(stage, image, positive_rois_of(samples));
  torch::Tensor last_feat;
  for (std::size_t earlier = 0; mask_info_flow_ && earlier < stage; ++earlier) {
    last_feat = htc_mask_head(earlier).features(feats, last_feat);
  }
  return mask_head(stage).loss(htc_mask_head(stage).flow(feats, last_feat).mask_pred,
                               mask_target(samples, targets.gt_masks, train_cfg(stage)), positive_labels_of(samples));
}

Losses HybridTaskCascadeRoIHead::loss(const nn::Features& features, const Proposals& given, const Targets& targets) {
  Losses losses;
  Proposals proposals = given;
  const ImageFeatures image = image_features(features);
  if (semantic_head_) losses.set("loss_semantic_seg", semantic_head_->loss(image.semantic_pred, semantic_labels(targets)));
  for (std::size_t stage = 0; stage < num_stages(); ++stage) {
    Stage learnt = learn_boxes(stage, image, proposals, targets, losses);
    if (learnt.rois.size(0) == 0) break;
    if (with_mask()) {
      if (interleaved_) {
        proposals = refined(stage, learnt, targets);
        const torch::NoGradGuard no_grad;
        learnt.samples = sample(stage, image, proposals, targets);
      }
      add_losses(stage, mask_loss(stage, image, learnt.samples, targets), losses);
    }
    if (stage + 1 < num_stages() && !interleaved_) proposals = refined(stage, learnt, targets);
  }
  return losses;
}

DETFORGE_REGISTER(heads, HybridTaskCascadeRoIHead,
                  {.name = "HybridTaskCascadeRoIHead",
                   .python = "mmdet.models.roi_heads.htc_roi_head.HybridTaskCascadeRoIHead",
                   .meaning = "a cascade with interleaved masks and a semantic segmentation"});

}  // namespace detforge
