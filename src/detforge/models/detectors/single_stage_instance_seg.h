#pragma once

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/detectors/detector.h"
#include "detforge/models/necks/neck.h"

namespace detforge {

/// A detector whose head finds masks, without boxes before them: its detections have masks, and boxes that are all 0.
class SingleStageInstanceSegmentor : public Detector {
 public:
  struct Options {
    ConfigDict backbone;
    std::optional<NeckConfig> neck;
    std::optional<ConfigDict> bbox_head;
    std::optional<ConfigDict> mask_head;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  SingleStageInstanceSegmentor(const Options& options, const BuildContext& context)
      : SingleStageInstanceSegmentor("SingleStageInstanceSegmentor", options, context) {}

  std::vector<Detections> predict(const torch::Tensor& images, std::span<const ImageMeta> metas, bool rescale) override;
  Losses loss(const torch::Tensor& images, const Targets& targets) override;

 protected:
  SingleStageInstanceSegmentor(std::string python_name, const Options& options, const BuildContext& context);
  HeadOutputs compute(const torch::Tensor& images) override;

 private:
  nn::Features extract_feat(const torch::Tensor& images);

  std::shared_ptr<Backbone> backbone_;
  std::shared_ptr<Neck> neck_;
  std::shared_ptr<DenseHead> mask_head_;
};

}  // namespace detforge
