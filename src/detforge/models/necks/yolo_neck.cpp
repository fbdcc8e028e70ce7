#include "detforge/models/necks/neck.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// YOLOv3's neck (arXiv 1804.02767): features from fine to coarse → one level per scale from coarse to fine, each mixed
/// with the coarser one, enlarged twice. `in_channels` and `out_channels` go from coarse to fine.
class YOLOV3Neck : public Neck {
 public:
  struct Options {
    std::int64_t num_scales = 0;
    std::vector<std::int64_t> in_channels;
    std::vector<std::int64_t> out_channels;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "BN"}, {"requires_grad", true}};
    std::optional<ConfigDict> act_cfg = ConfigDict{{"type", "LeakyReLU"}, {"negative_slope", 0.1}};
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::num_scales, "num_scales", required, "number of levels").at_least(1),
            arg(&Options::in_channels, "in_channels", required, "channels of each input level, coarsest first"),
            arg(&Options::out_channels, "out_channels", required, "channels of each output level, coarsest first"),
            arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
            arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
            arg(&Options::act_cfg, "act_cfg", "activation layer"),
            arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
  }

  YOLOV3Neck(const Options& options, const BuildContext& context);

 protected:
  nn::Features compute(const nn::Features& features) override;

 private:
  class DetectionBlock;

  std::vector<std::shared_ptr<DetectionBlock>> detects_;
  std::vector<std::shared_ptr<nn::ConvModule>> convs_;
};

/// Five convolutions, 1×1 and 3×3 in turn.
class YOLOV3Neck::DetectionBlock : public nn::Layer {
 public:
  DetectionBlock(std::int64_t in_channels, std::int64_t out_channels, const nn::LayerConfigs& layers, const BuildContext& context)
      : Layer("DetectionBlock") {
    const auto add = [&](std::int64_t in, std::int64_t out, std::int64_t kernel) {
      const nn::ConvModule::Options conv{
          .in_channels = in, .out_channels = out, .kernel_size = kernel, .padding = kernel / 2, .layers = layers};
      convs_.push_back(register_module("conv" + std::to_string(convs_.size() + 1), std::make_shared<nn::ConvModule>(conv, context)));
    };
    add(in_channels, out_channels, 1);
    add(out_channels, 2 * out_channels, 3);
    add(2 * out_channels, out_channels, 1);
    add(out_channels, 2 * out_channels, 3);
    add(2 * out_channels, out_channels, 1);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    torch::Tensor output = input;
    for (const auto& conv : convs_) output = conv->forward(output);
    return output;
  }

 private:
  std::vector<std::shared_ptr<nn::ConvModule>> convs_;
};

YOLOV3Neck::YOLOV3Neck(const Options& options, const BuildContext& context) : Neck("YOLOV3Neck") {
  const auto scales = static_cast<std::size_t>(options.num_scales);
  if (options.in_channels.size() != scales)
    throw ArgumentError("in_channels", "must have num_scales = " + std::to_string(scales) + " entries");
  if (options.out_channels.size() != scales)
    throw ArgumentError("out_channels", "must have num_scales = " + std::to_string(scales) + " entries");
  // The arguments begin with the coarsest level.
  expect({.count_argument = "num_scales",
          .channels_argument = "in_channels",
          .channels = {options.in_channels.rbegin(), options.in_channels.rend()}});
  const nn::LayerConfigs layers{options.conv_cfg, options.norm_cfg, options.act_cfg};
  for (std::size_t i = 0; i < scales; ++i) {
    std::int64_t in_channels = options.in_channels[i];
    const std::int64_t out_channels = options.out_channels[i];
    if (i > 0) {
      const nn::ConvModule::Options conv{.in_channels = options.out_channels[i - 1], .out_channels = out_channels, .layers = layers};
      convs_.push_back(register_module("conv" + std::to_string(i), std::make_shared<nn::ConvModule>(conv, context)));
      in_channels += out_channels;
    }
    detects_.push_back(
        register_module("detect" + std::to_string(i + 1), std::make_shared<DetectionBlock>(in_channels, out_channels, layers, context)));
  }
  show_init_cfg(context, options.init_cfg);
}

nn::Features YOLOV3Neck::compute(const nn::Features& features) {
  nn::Features outputs = {detects_.front()->forward(features.back())};
  for (std::size_t i = 1; i < detects_.size(); ++i) {
    const torch::Tensor coarse = convs_[i - 1]->forward(outputs.back());
    const torch::Tensor enlarged = torch::upsample_nearest2d(coarse, c10::nullopt, std::vector<double>{2, 2});
    outputs.push_back(detects_[i]->forward(torch::cat({enlarged, features[features.size() - 1 - i]}, 1)));
  }
  return outputs;
}

DETFORGE_REGISTER(necks, YOLOV3Neck,
                  {.name = "YOLOV3Neck", .python = "mmdet.models.necks.yolo_neck.YOLOV3Neck", .meaning = "neck of YOLOv3"});

}  // namespace detforge
