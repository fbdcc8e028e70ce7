#pragma once

#include "detforge/models/roi_heads/bbox_heads/roi_bbox_head.h"
#include "detforge/models/roi_heads/mask_heads/fcn_mask_head.h"
#include "detforge/models/roi_heads/proposal_sampler.h"
#include "detforge/models/roi_heads/rcnn_detections.h"
#include "detforge/models/roi_heads/roi_extractors/roi_extractor.h"
#include "detforge/models/roi_heads/roi_head.h"

namespace detforge {

/// One box head and at most one mask head on features of the proposals: Fast, Faster and Mask R-CNN's, and the base of those
/// that change a step of it.
class StandardRoIHead : public RoIHead {
 public:
  struct Options {
    std::optional<ConfigDict> bbox_roi_extractor;
    std::optional<ConfigDict> bbox_head;
    std::optional<ConfigDict> mask_roi_extractor;
    std::optional<ConfigDict> mask_head;
    std::optional<ConfigDict> shared_head;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  StandardRoIHead(const Options& options, const BuildContext& context) : StandardRoIHead("StandardRoIHead", options, context) {
    show_init_cfg(context, options.init_cfg);
  }

  Losses loss(const nn::Features& features, const Proposals& proposals, const Targets& targets) override;
  std::vector<Detections> predict(const nn::Features& features, const Proposals& proposals, std::span<const ImageMeta> metas,
                                  bool rescale) override;
  Detections aug_predict(std::span<const nn::Features> views, const torch::Tensor& proposals, std::span<const ImageMeta> metas,
                         bool rescale) override;
  std::vector<RoIOutput> roi_outputs(const nn::Features& features, const torch::Tensor& rois, std::int64_t max_masks) override;

 protected:
  StandardRoIHead(std::string python_name, const Options& options, const BuildContext& context);

  struct BBoxForward {
    BBoxOutputs outputs;
    torch::Tensor bbox_feats;  ///< [N, C, h, w]
  };
  struct MaskForward {
    torch::Tensor mask_pred;   ///< [N, num_classes or 1, h', w'] before the sigmoid
    torch::Tensor mask_feats;  ///< [N, C, h, w]
  };
  virtual BBoxForward bbox_forward(const nn::Features& features, const torch::Tensor& rois);
  MaskForward mask_forward(const nn::Features& features, const torch::Tensor& rois);

  /// The steps of `loss`.
  virtual std::vector<SamplingResult> sample(const nn::Features& features, const Proposals& proposals, const Targets& targets);
  struct BBoxLoss {
    Losses losses;
    torch::Tensor bbox_feats;
  };
  virtual BBoxLoss bbox_loss(const nn::Features& features, std::span<const SamplingResult> samples, const Targets& targets);
  struct MaskLoss {
    Losses losses;
    MaskForward forward;
    torch::Tensor mask_targets;
  };
  virtual Losses mask_loss(const nn::Features& features, std::span<const SamplingResult> samples, const torch::Tensor& bbox_feats,
                           const Targets& targets);
  MaskLoss fcn_mask_loss(const nn::Features& features, std::span<const SamplingResult> samples, const torch::Tensor& bbox_feats,
                         const Targets& targets);
  SampleContext sample_context(const nn::Features& features, std::size_t image);

  /// The steps of `predict`.
  std::vector<Detections> predict_boxes(const nn::Features& features, const Proposals& proposals, std::span<const ImageMeta> metas,
                                        bool rescale);
  /// Boxes of a view before the suppression.
  virtual ScoredBoxes aug_boxes(const nn::Features& view, const torch::Tensor& proposals, const ImageMeta& meta);
  /// Mask logits of regions with these classes, and what else a head wants to keep of them.
  virtual MaskForward mask_predictions(const nn::Features& features, const torch::Tensor& rois, const torch::Tensor& labels,
                                       std::size_t num_images);
  /// Called with the masks of all images' detections, one after the other.
  virtual void score_masks(const MaskForward& masks, const torch::Tensor& labels, std::span<Detections> found);
  void predict_masks(const nn::Features& features, std::span<const ImageMeta> metas, bool rescale, std::span<Detections> found);

  bool with_mask() const { return mask_head_ != nullptr; }
  /// Throw `Error` where the config has none.
  const RcnnTrainCfg& train_cfg() const;
  const RcnnTestCfg& test_cfg() const;
  ProposalSampler& proposal_sampler() const;
  Reference reference() const { return reference_; }
  RoIBBoxHead& bbox_head() const { return *bbox_head_; }
  FCNMaskHead& mask_head() const { return *mask_head_; }
  RoIExtractor& bbox_roi_extractor() const { return *bbox_roi_extractor_; }
  const std::shared_ptr<RoIExtractor>& shared_bbox_roi_extractor() const { return bbox_roi_extractor_; }
  RoIExtractor& mask_roi_extractor() const { return *mask_roi_extractor_; }
  /// What the shared head makes of features; themselves without one.
  torch::Tensor through_shared_head(const torch::Tensor& roi_feats);
  /// Masks learn from features of their own, not from those of the box head.
  void keep_mask_features_apart(bool apart) { share_roi_extractor_ = !apart; }

 private:
  Detections merged_boxes(std::span<const nn::Features> views, const torch::Tensor& proposals, std::span<const ImageMeta> metas);
  void merge_masks(std::span<const nn::Features> views, std::span<const ImageMeta> metas, Detections& found);

  Reference reference_;
  std::optional<RcnnTrainCfg> train_cfg_;
  std::optional<RcnnTestCfg> test_cfg_;
  std::optional<ProposalSampler> proposal_sampler_;
  bool share_roi_extractor_ = false;
  std::shared_ptr<nn::Layer> shared_head_;
  std::shared_ptr<RoIExtractor> bbox_roi_extractor_;
  std::shared_ptr<RoIBBoxHead> bbox_head_;
  std::shared_ptr<RoIExtractor> mask_roi_extractor_;
  std::shared_ptr<FCNMaskHead> mask_head_;
};

}  // namespace detforge
