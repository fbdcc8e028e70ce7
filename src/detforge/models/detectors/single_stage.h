#pragma once

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/detectors/detector.h"
#include "detforge/models/necks/neck.h"

namespace detforge {

/// A detector whose head predicts straight from the features of backbone and neck: the base of most others.
class SingleStageDetector : public Detector {
 public:
  struct Options {
    ConfigDict backbone;
    std::optional<NeckConfig> neck;
    std::optional<ConfigDict> bbox_head;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();
  /// The same with neck and head required, as most detectors declare them.
  static Arguments<Options> arguments_with_neck();

  SingleStageDetector(const Options& options, const BuildContext& context) : SingleStageDetector("SingleStageDetector", options, context) {}

  /// Backbone and neck: [N, 3, H, W] → features.
  nn::Features extract_feat(const torch::Tensor& images);
  std::vector<Detections> predict(const torch::Tensor& images, std::span<const ImageMeta> metas, bool rescale) override;
  Losses loss(const torch::Tensor& images, const Targets& targets) override;
  Detections aug_predict(std::span<const torch::Tensor> views, std::span<const ImageMeta> metas, bool rescale) override;

 protected:
  SingleStageDetector(std::string python_name, const Options& options, const BuildContext& context);
  HeadOutputs compute(const torch::Tensor& images) override;

  DenseHead& bbox_head() { return *bbox_head_; }

 private:
  std::shared_ptr<Backbone> backbone_;
  std::shared_ptr<Neck> neck_;
  std::shared_ptr<DenseHead> bbox_head_;
};

}  // namespace detforge
