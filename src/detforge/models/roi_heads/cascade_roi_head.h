#pragma once

#include <variant>

#include "detforge/models/roi_heads/bbox_heads/roi_bbox_head.h"
#include "detforge/models/roi_heads/mask_heads/fcn_mask_head.h"
#include "detforge/models/roi_heads/proposal_sampler.h"
#include "detforge/models/roi_heads/rcnn_detections.h"
#include "detforge/models/roi_heads/roi_extractors/roi_extractor.h"
#include "detforge/models/roi_heads/roi_head.h"

namespace detforge {

/// Stages that refine each other's boxes (Cascade R-CNN, arXiv 1712.00726), each with a box head and, where there are masks, a
/// mask head. Scores and masks are the means of all stages'.
class CascadeRoIHead : public RoIHead {
 public:
  /// One config for all stages, or one for each.
  using StageConfigs = std::variant<ConfigDict, std::vector<ConfigDict>>;
  struct Options {
    std::int64_t num_stages = 0;
    std::vector<double> stage_loss_weights;
    std::optional<StageConfigs> bbox_roi_extractor;
    std::optional<StageConfigs> bbox_head;
    std::optional<StageConfigs> mask_roi_extractor;
    std::optional<StageConfigs> mask_head;
    std::optional<ConfigDict> shared_head;
    std::optional<std::vector<ConfigDict>> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  CascadeRoIHead(const Options& options, const BuildContext& context)
      : CascadeRoIHead("CascadeRoIHead", options, MaskHeads::OfEveryStage, context) {
    show_init_cfg(context, options.init_cfg);
  }

  Losses loss(const nn::Features& features, const Proposals& proposals, const Targets& targets) override;
  std::vector<Detections> predict(const nn::Features& features, const Proposals& proposals, std::span<const ImageMeta> metas,
                                  bool rescale) override;
  Detections aug_predict(std::span<const nn::Features> views, const torch::Tensor& proposals, std::span<const ImageMeta> metas,
                         bool rescale) override;
  std::vector<RoIOutput> roi_outputs(const nn::Features& features, const torch::Tensor& rois, std::int64_t max_masks) override;

 protected:
  enum class MaskHeads { OfEveryStage, One };
  CascadeRoIHead(std::string python_name, const Options& options, MaskHeads mask_heads, const BuildContext& context);

  /// The pyramid of a batch and what derived heads make of it once for all stages.
  struct ImageFeatures {
    nn::Features levels;
    torch::Tensor semantic_pred;  ///< [B, classes, H, W] of a semantic head
    torch::Tensor semantic_feat;  ///< [B, C, H, W]
    torch::Tensor glbctx_pred;    ///< [B, classes] of a global context head
    torch::Tensor glbctx_feat;    ///< [B, C, 1, 1]

    ImageFeatures of_image(std::size_t image) const;
  };
  virtual ImageFeatures image_features(const nn::Features& levels) { return {levels, {}, {}, {}, {}}; }
  /// Those that `roi_outputs` shows the stages.
  virtual ImageFeatures shown_features(const nn::Features& levels) { return image_features(levels); }

  struct BBoxForward {
    BBoxOutputs outputs;
    torch::Tensor bbox_feats;  ///< [N, C, h, w]
  };
  virtual BBoxForward bbox_forward(std::size_t stage, const ImageFeatures& image, const torch::Tensor& rois);
  /// The logits of every mask head for the same regions.
  virtual std::vector<torch::Tensor> mask_forward(const ImageFeatures& image, const torch::Tensor& rois);
  /// Whether `roi_outputs` tells of the features beside the predictions, as Python's results do.
  virtual bool shows_bbox_feats() const { return true; }

  /// What one stage made of its proposals in training.
  struct Stage {
    std::vector<SamplingResult> samples;
    torch::Tensor rois;  ///< [N, 5]
    BBoxOutputs outputs;
    BBoxTargets targets;
  };
  /// Samples, predicts boxes and adds their losses as `s<stage>.…`.
  Stage learn_boxes(std::size_t stage, const ImageFeatures& image, const Proposals& proposals, const Targets& targets, Losses& losses);
  std::vector<SamplingResult> sample(std::size_t stage, const ImageFeatures& image, const Proposals& proposals, const Targets& targets);
  /// The stage's losses under their names, those with `loss` in them weighted.
  void add_losses(std::size_t stage, const Losses& of_stage, Losses& losses) const;
  /// The next stage's proposals; of background regions by their best class.
  Proposals refined(std::size_t stage, const Stage& learnt, const Targets& targets) const;

  std::size_t num_stages() const { return stage_loss_weights_.size(); }
  const std::vector<double>& stage_loss_weights() const { return stage_loss_weights_; }
  bool with_mask() const { return !mask_heads_.empty(); }
  RoIBBoxHead& bbox_head(std::size_t stage) const { return (*bbox_head_)[stage]; }
  RoIExtractor& bbox_roi_extractor(std::size_t stage) const { return (*bbox_roi_extractor_)[stage]; }
  FCNMaskHead& mask_head(std::size_t index) const { return *mask_heads_.at(index); }
  RoIExtractor& mask_roi_extractor(std::size_t index) const { return *mask_roi_extractors_.at(index); }
  /// Throw `Error` where the config has none.
  const RcnnTrainCfg& train_cfg(std::size_t stage) const;
  const RcnnTestCfg& test_cfg() const;

 private:
  struct Scored {
    torch::Tensor rois;   ///< of the last stage
    BBoxOutputs outputs;  ///< its boxes, with the mean of all stages' scores
  };
  /// All stages on regions of several images, so many of each.
  Scored run_stages(const ImageFeatures& image, torch::Tensor rois, std::span<const std::int64_t> counts, std::span<const ImageMeta> metas);
  /// Mean probabilities [N, h, w] of the regions' classes.
  std::vector<torch::Tensor> mask_probabilities(const ImageFeatures& image, const torch::Tensor& rois, const torch::Tensor& labels);
  void predict_masks(const ImageFeatures& image, std::span<const ImageMeta> metas, bool rescale, std::span<Detections> found);

  Reference reference_;
  std::vector<double> stage_loss_weights_;
  std::vector<RcnnTrainCfg> train_cfgs_;
  std::vector<ProposalSampler> proposal_samplers_;
  std::optional<RcnnTestCfg> test_cfg_;
  std::shared_ptr<nn::ModuleList<RoIExtractor>> bbox_roi_extractor_;
  std::shared_ptr<nn::ModuleList<RoIBBoxHead>> bbox_head_;
  std::vector<std::shared_ptr<RoIExtractor>> mask_roi_extractors_;
  std::vector<std::shared_ptr<FCNMaskHead>> mask_heads_;
};

}  // namespace detforge
