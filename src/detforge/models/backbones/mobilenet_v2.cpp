#include <cmath>

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/backbones/imagenet_init.h"
#include "detforge/models/blocks/inverted_residual.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// MobileNetV2 (arXiv 1801.04381): [N, 3, H, W] → one level per `out_indices`; 0 to 6 are the seven stages
/// (strides 2, 4, 8, 16, 16, 32, 32), 7 is the last 1×1 convolution.
class MobileNetV2 : public Backbone {
 public:
  struct Options {
    double widen_factor = 1;
    std::vector<std::int64_t> out_indices = {1, 2, 4, 7};
    std::int64_t frozen_stages = -1;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "BN"}};
    std::optional<ConfigDict> act_cfg = ConfigDict{{"type", "ReLU6"}};
    bool norm_eval = false;
    bool with_cp = false;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  MobileNetV2(const Options& options, const BuildContext& context);
  void train(bool on = true) override;

 protected:
  nn::Features compute(const torch::Tensor& image) override;

 private:
  void freeze_stages();

  std::vector<std::int64_t> out_indices_;
  std::int64_t frozen_stages_;
  bool norm_eval_;
  std::shared_ptr<nn::ConvModule> conv1_;
  std::vector<std::shared_ptr<nn::Layer>> stages_;  // layer1 to layer7, conv2
};

Arguments<MobileNetV2::Options> MobileNetV2::arguments() {
  return {arg(&Options::widen_factor, "widen_factor", "multiplies the channels of each stage"),
          arg(&Options::out_indices, "out_indices", "stages whose features are given out; 7 is the last convolution"),
          arg(&Options::frozen_stages, "frozen_stages", "stages up to this one do not learn; -1: all do").at_least(-1),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::act_cfg, "act_cfg", "activation layer"),
          arg(&Options::norm_eval, "norm_eval", "batch norms keep their statistics while training"),
          arg(&Options::with_cp, "with_cp", "recompute activations in the backward pass to save memory"),
          arg(&Options::pretrained, "pretrained", "weights to start training from"),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

MobileNetV2::MobileNetV2(const Options& options, const BuildContext& context)
    : Backbone("MobileNetV2"), out_indices_(options.out_indices), frozen_stages_(options.frozen_stages), norm_eval_(options.norm_eval) {
  constexpr std::int64_t kLastStage = 7;
  for (const std::int64_t index : options.out_indices) {
    if (index < 0 || index > kLastStage) throw ArgumentError("out_indices", "must lie between 0 and 7, got " + std::to_string(index));
  }
  if (options.frozen_stages > kLastStage) throw ArgumentError("frozen_stages", "must be at most 7");
  struct Stage {
    std::int64_t expand_ratio;
    std::int64_t channels;
    std::int64_t blocks;
    std::int64_t stride;
  };
  constexpr std::array<Stage, 7> kStages = {
      {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};

  const nn::LayerConfigs layers{options.conv_cfg, options.norm_cfg, options.act_cfg};
  std::int64_t channels = make_divisible(32 * options.widen_factor, 8);
  const nn::ConvModule::Options first{
      .in_channels = 3, .out_channels = channels, .kernel_size = 3, .stride = 2, .padding = 1, .layers = layers};
  conv1_ = register_module("conv1", std::make_shared<nn::ConvModule>(first, context));
  for (const Stage& stage : kStages) {
    const std::int64_t out_channels = make_divisible(static_cast<double>(stage.channels) * options.widen_factor, 8);
    auto sequence = std::make_shared<nn::Sequential>();
    for (std::int64_t i = 0; i < stage.blocks; ++i) {
      sequence->append(std::make_shared<InvertedResidual>(InvertedResidual::Options{.in_channels = channels,
                                                                                    .out_channels = out_channels,
                                                                                    .mid_channels = channels * stage.expand_ratio,
                                                                                    .stride = i == 0 ? stage.stride : 1,
                                                                                    .with_expand_conv = stage.expand_ratio != 1,
                                                                                    .layers = layers},
                                                          context));
      channels = out_channels;
    }
    stages_.push_back(register_module("layer" + std::to_string(stages_.size() + 1), sequence));
  }
  const std::int64_t last_channels = options.widen_factor > 1 ? static_cast<std::int64_t>(1280 * options.widen_factor) : 1280;
  const nn::ConvModule::Options last{.in_channels = channels, .out_channels = last_channels, .layers = layers};
  stages_.push_back(register_module("conv2", std::make_shared<nn::ConvModule>(last, context)));
  show_init_cfg(context, imagenet_init_cfg(options.pretrained, options.init_cfg));
}

void MobileNetV2::freeze_stages() {
  if (frozen_stages_ < 0) return;
  // The first convolution stops learning but, unlike the stages, keeps its mode.
  for (torch::Tensor& parameter : conv1_->parameters()) parameter.set_requires_grad(false);
  for (std::int64_t i = 0; i < frozen_stages_; ++i) nn::freeze(*stages_[static_cast<std::size_t>(i)]);
}

void MobileNetV2::train(bool on) {
  Backbone::train(on);
  freeze_stages();
  if (on && norm_eval_) nn::set_batch_norms_to_eval(*this);
}

nn::Features MobileNetV2::compute(const torch::Tensor& image) {
  nn::Features features;
  torch::Tensor level = conv1_->forward(image);
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    level = stages_[i]->forward(level);
    if (std::find(out_indices_.begin(), out_indices_.end(), static_cast<std::int64_t>(i)) != out_indices_.end()) features.push_back(level);
  }
  return features;
}

DETFORGE_REGISTER(backbones, MobileNetV2,
                  {.name = "MobileNetV2",
                   .python = "mmdet.models.backbones.mobilenet_v2.MobileNetV2",
                   .meaning = "MobileNetV2",
                   .since = Reference::V2_27});

}  // namespace detforge
