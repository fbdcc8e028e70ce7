#include "detforge/models/necks/neck.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// YOLOF's neck (arXiv 2103.09460): the last level alone, [N, in_channels, H, W] → [N, out_channels, H, W], through residual
/// blocks of growing dilation.
class DilatedEncoder : public Neck {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    std::int64_t block_mid_channels = 0;
    std::int64_t num_residual_blocks = 0;
    std::vector<std::int64_t> block_dilations;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::in_channels, "in_channels", required, "channels of the last input level").at_least(1),
            arg(&Options::out_channels, "out_channels", required, "channels of the output").at_least(1),
            arg(&Options::block_mid_channels, "block_mid_channels", required, "channels inside the blocks").at_least(1),
            arg(&Options::num_residual_blocks, "num_residual_blocks", required, "number of blocks").at_least(0),
            arg(&Options::block_dilations, "block_dilations", required, "dilation of each block")};
  }

  DilatedEncoder(const Options& options, const BuildContext& context);
  void init_weights(const nn::PretrainedLoader&) override;

 protected:
  nn::Features compute(const nn::Features& features) override {
    const torch::Tensor lateral = lateral_norm_->forward(lateral_conv_->forward(features.back()));
    return {dilated_encoder_blocks_->forward(fpn_norm_->forward(fpn_conv_->forward(lateral)))};
  }

 private:
  class Block;

  std::shared_ptr<nn::Conv2d> lateral_conv_;
  std::shared_ptr<nn::BatchNorm2d> lateral_norm_;
  std::shared_ptr<nn::Conv2d> fpn_conv_;
  std::shared_ptr<nn::BatchNorm2d> fpn_norm_;
  std::shared_ptr<nn::Sequential> dilated_encoder_blocks_;
};

class DilatedEncoder::Block : public nn::Layer {
 public:
  Block(std::int64_t channels, std::int64_t mid_channels, std::int64_t dilation, const BuildContext& context) : Layer("Bottleneck") {
    const nn::LayerConfigs layers{{}, ConfigDict{{"type", "BN"}, {"requires_grad", true}}, ConfigDict{{"type", "ReLU"}}};
    const auto conv = [&](const char* name, const nn::ConvModule::Options& module) {
      return register_module(name, std::make_shared<nn::ConvModule>(module, context));
    };
    conv1_ = conv("conv1", {.in_channels = channels, .out_channels = mid_channels, .layers = layers});
    conv2_ = conv("conv2", {.in_channels = mid_channels,
                            .out_channels = mid_channels,
                            .kernel_size = 3,
                            .padding = dilation,
                            .dilation = dilation,
                            .layers = layers});
    conv3_ = conv("conv3", {.in_channels = mid_channels, .out_channels = channels, .layers = layers});
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return conv3_->forward(conv2_->forward(conv1_->forward(input))) + input; }

 private:
  std::shared_ptr<nn::ConvModule> conv1_;
  std::shared_ptr<nn::ConvModule> conv2_;
  std::shared_ptr<nn::ConvModule> conv3_;
};

DilatedEncoder::DilatedEncoder(const Options& options, const BuildContext& context) : Neck("DilatedEncoder") {
  const auto blocks = static_cast<std::size_t>(options.num_residual_blocks);
  if (options.block_dilations.size() < blocks) throw ArgumentError("block_dilations", "must have num_residual_blocks entries");
  expect({.channels_argument = "in_channels", .channels = {options.in_channels}, .which = ExpectedLevels::Which::Last});
  const std::int64_t channels = options.out_channels;
  const auto norm = [&](const char* name) {
    return register_module(name, std::make_shared<nn::BatchNorm2d>(nn::BatchNorm2d::Options{.num_features = channels}));
  };
  lateral_conv_ = register_module(
      "lateral_conv", std::make_shared<nn::Conv2d>(nn::Conv2d::Options{.in_channels = options.in_channels, .out_channels = channels}));
  lateral_norm_ = norm("lateral_norm");
  fpn_conv_ = register_module("fpn_conv", std::make_shared<nn::Conv2d>(nn::Conv2d::Options{
                                              .in_channels = channels, .out_channels = channels, .kernel_size = 3, .padding = 1}));
  fpn_norm_ = norm("fpn_norm");
  dilated_encoder_blocks_ = register_module("dilated_encoder_blocks", std::make_shared<nn::Sequential>());
  for (std::size_t i = 0; i < blocks; ++i) {
    dilated_encoder_blocks_->append(std::make_shared<Block>(channels, options.block_mid_channels, options.block_dilations[i], context));
  }
}

void DilatedEncoder::init_weights(const nn::PretrainedLoader&) {
  for (const auto& conv : {lateral_conv_, fpn_conv_}) nn::caffe2_xavier_init(*conv);
  for (const auto& norm : {lateral_norm_, fpn_norm_}) nn::constant_init(*norm, 1);
  for (const auto& module : dilated_encoder_blocks_->modules()) {
    if (auto* conv = dynamic_cast<nn::Conv2d*>(module.get())) nn::normal_init(*conv, 0, 0.01);
    if (auto* norm = dynamic_cast<nn::BatchNorm*>(module.get())) nn::constant_init(*norm, 1);
  }
}

DETFORGE_REGISTER(necks, DilatedEncoder,
                  {.name = "DilatedEncoder",
                   .python = "mmdet.models.necks.dilated_encoder.DilatedEncoder",
                   .meaning = "YOLOF's neck (arXiv 2103.09460)",
                   .since = Reference::V2_27});

}  // namespace detforge
