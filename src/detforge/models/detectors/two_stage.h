#pragma once

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/detectors/detector.h"
#include "detforge/models/necks/neck.h"
#include "detforge/models/roi_heads/roi_head.h"

namespace detforge {

/// A detector that proposes regions and then looks at each: the base of the R-CNN family.
class TwoStageDetector : public Detector {
 public:
  struct Options {
    ConfigDict backbone;
    std::optional<NeckConfig> neck;
    std::optional<ConfigDict> rpn_head;
    std::optional<ConfigDict> roi_head;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();
  /// The same with heads and cfgs required, as most detectors declare them.
  static Arguments<Options> arguments_with_heads();

  TwoStageDetector(const Options& options, const BuildContext& context) : TwoStageDetector("TwoStageDetector", options, context) {}

  /// Backbone and neck: [N, 3, H, W] → features.
  nn::Features extract_feat(const torch::Tensor& images);
  std::vector<Detections> predict(const torch::Tensor& images, std::span<const ImageMeta> metas, bool rescale) override;
  std::vector<Detections> predict_from_proposals(const torch::Tensor& images, std::span<const ImageMeta> metas, const Proposals& proposals,
                                                 bool rescale) override;
  Losses loss(const torch::Tensor& images, const Targets& targets) override;
  Detections aug_predict(std::span<const torch::Tensor> views, std::span<const ImageMeta> metas, bool rescale) override;

 protected:
  TwoStageDetector(std::string python_name, const Options& options, const BuildContext& context);
  HeadOutputs compute(const torch::Tensor& images) override;

  Backbone& backbone() const { return *backbone_; }
  RoIHead& roi_head() const { return *roi_head_; }
  /// Throws `Error` for a detector without a head that proposes.
  ProposalSource& rpn_head() const;

 private:
  std::optional<ConfigDict> proposal_cfg_;
  std::shared_ptr<Backbone> backbone_;
  std::shared_ptr<Neck> neck_;
  std::shared_ptr<DenseHead> rpn_head_;
  std::shared_ptr<RoIHead> roi_head_;
};

}  // namespace detforge
