#include "detforge/models/backbones/backbone.h"
#include "detforge/models/backbones/imagenet_init.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// Darknet-53 (YOLOv3, arXiv 1804.02767): [N, 3, H, W] → one level per `out_indices`; index i has stride 2^i and
/// 32 · 2^i channels.
class Darknet : public Backbone {
 public:
  struct Options {
    std::int64_t depth = 53;
    std::vector<std::int64_t> out_indices = {3, 4, 5};
    std::int64_t frozen_stages = -1;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "BN"}, {"requires_grad", true}};
    std::optional<ConfigDict> act_cfg = ConfigDict{{"type", "LeakyReLU"}, {"negative_slope", 0.1}};
    bool norm_eval = true;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  Darknet(const Options& options, const BuildContext& context);
  void train(bool on = true) override;

 protected:
  nn::Features compute(const torch::Tensor& image) override;

 private:
  class ResBlock;

  std::vector<std::int64_t> out_indices_;
  std::int64_t frozen_stages_;
  bool norm_eval_;
  std::vector<std::shared_ptr<nn::Layer>> blocks_;  // conv1 first
};

/// A 1×1 convolution to half of the channels and a 3×3 one back; the input is added.
class Darknet::ResBlock : public nn::Layer {
 public:
  ResBlock(std::int64_t channels, const nn::LayerConfigs& layers, const BuildContext& context) : Layer("ResBlock") {
    const nn::ConvModule::Options narrow{.in_channels = channels, .out_channels = channels / 2, .layers = layers};
    const nn::ConvModule::Options wide{
        .in_channels = channels / 2, .out_channels = channels, .kernel_size = 3, .padding = 1, .layers = layers};
    conv1_ = register_module("conv1", std::make_shared<nn::ConvModule>(narrow, context));
    conv2_ = register_module("conv2", std::make_shared<nn::ConvModule>(wide, context));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return conv2_->forward(conv1_->forward(input)) + input; }

 private:
  std::shared_ptr<nn::ConvModule> conv1_;
  std::shared_ptr<nn::ConvModule> conv2_;
};

Arguments<Darknet::Options> Darknet::arguments() {
  return {arg(&Options::depth, "depth", "number of layers").one_of({53}),
          arg(&Options::out_indices, "out_indices", "stages whose features are given out; 0 is the first convolution"),
          arg(&Options::frozen_stages, "frozen_stages", "number of stages that do not learn; -1: all do").at_least(-1),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::act_cfg, "act_cfg", "activation layer"),
          arg(&Options::norm_eval, "norm_eval", "batch norms keep their statistics while training"),
          arg(&Options::pretrained, "pretrained", "weights to start training from").since_v2_27(),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

Darknet::Darknet(const Options& options, const BuildContext& context)
    : Backbone("Darknet"), out_indices_(options.out_indices), frozen_stages_(options.frozen_stages), norm_eval_(options.norm_eval) {
  constexpr std::array<std::int64_t, 5> kResBlocks = {1, 2, 8, 8, 4};
  const auto last = static_cast<std::int64_t>(kResBlocks.size());
  for (const std::int64_t index : options.out_indices) {
    if (index < 0 || index > last)
      throw ArgumentError("out_indices", "must lie between 0 and " + std::to_string(last) + ", got " + std::to_string(index));
  }
  if (options.frozen_stages > last + 1) throw ArgumentError("frozen_stages", "must be at most " + std::to_string(last + 1));

  const nn::LayerConfigs layers{options.conv_cfg, options.norm_cfg, options.act_cfg};
  const nn::ConvModule::Options first{.in_channels = 3, .out_channels = 32, .kernel_size = 3, .padding = 1, .layers = layers};
  blocks_.push_back(register_module("conv1", std::make_shared<nn::ConvModule>(first, context)));
  std::int64_t channels = 32;
  for (const std::int64_t repetitions : kResBlocks) {
    auto block = std::make_shared<nn::Sequential>();
    const nn::ConvModule::Options down{
        .in_channels = channels, .out_channels = 2 * channels, .kernel_size = 3, .stride = 2, .padding = 1, .layers = layers};
    block->append("conv", std::make_shared<nn::ConvModule>(down, context));
    channels *= 2;
    for (std::int64_t i = 0; i < repetitions; ++i) {
      block->append("res" + std::to_string(i), std::make_shared<ResBlock>(channels, layers, context));
    }
    blocks_.push_back(register_module("conv_res_block" + std::to_string(blocks_.size()), block));
  }
  show_init_cfg(context, imagenet_init_cfg(options.pretrained, options.init_cfg));
}

void Darknet::train(bool on) {
  Backbone::train(on);
  for (std::int64_t i = 0; i < frozen_stages_; ++i) nn::freeze(*blocks_[static_cast<std::size_t>(i)]);
  if (on && norm_eval_) nn::set_batch_norms_to_eval(*this);
}

nn::Features Darknet::compute(const torch::Tensor& image) {
  nn::Features features;
  torch::Tensor level = image;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    level = blocks_[i]->forward(level);
    if (std::find(out_indices_.begin(), out_indices_.end(), static_cast<std::int64_t>(i)) != out_indices_.end()) features.push_back(level);
  }
  return features;
}

DETFORGE_REGISTER(backbones, Darknet,
                  {.name = "Darknet", .python = "mmdet.models.backbones.darknet.Darknet", .meaning = "Darknet-53 of YOLOv3"});

}  // namespace detforge
