#include "detforge/nn/activations/relu.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv2d.h"
#include "detforge/nn/layers/layer_norm.h"
#include "detforge/nn/layers/pooling.h"
#include "detforge/nn/layers/softmax.h"

namespace detforge::nn {

/// mmcv's `ContextBlock` (GCNet, arXiv 1904.11492): one context vector per image, pooled over all pixels, changes the
/// channels of every pixel of [N, C, H, W].
class ContextBlock : public Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    double ratio = 0;
    std::string pooling_type = "att";
    std::vector<std::string> fusion_types = {"channel_add"};
  };
  static Arguments<Options> arguments();

  explicit ContextBlock(const Options& options, const BuildContext& context = {});

  std::string abbreviation() const override { return "context_block"; }
  void reset_parameters() override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  static std::shared_ptr<Sequential> make_transform(const Options& options);
  /// The context, [N, C, 1, 1].
  torch::Tensor pooled(const torch::Tensor& input);

  std::shared_ptr<Conv2d> conv_mask_;  // attention pooling
  std::shared_ptr<Softmax> softmax_;
  std::shared_ptr<AdaptiveAvgPool2d> avg_pool_;   // average pooling
  std::shared_ptr<Sequential> channel_add_conv_;  // null without
  std::shared_ptr<Sequential> channel_mul_conv_;  // null without
};

Arguments<ContextBlock::Options> ContextBlock::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
          arg(&Options::ratio, "ratio", required, "channels inside over those of the input"),
          arg(&Options::pooling_type, "pooling_type", "how the context is pooled").one_of({"avg", "att"}),
          arg(&Options::fusion_types, "fusion_types", "what the context does: 'channel_add', 'channel_mul'")};
}

std::shared_ptr<Sequential> ContextBlock::make_transform(const Options& options) {
  const auto inner = static_cast<std::int64_t>(static_cast<double>(options.in_channels) * options.ratio);
  auto transform = std::make_shared<Sequential>();
  transform->append(std::make_shared<Conv2d>(Conv2d::Options{.in_channels = options.in_channels, .out_channels = inner}));
  transform->append(std::make_shared<LayerNorm>(LayerNorm::Options{.normalized_shape = std::vector<std::int64_t>{inner, 1, 1}}));
  transform->append(std::make_shared<ReLU>(ReLU::Options{.inplace = true}));
  transform->append(std::make_shared<Conv2d>(Conv2d::Options{.in_channels = inner, .out_channels = options.in_channels}));
  return transform;
}

ContextBlock::ContextBlock(const Options& options, const BuildContext&) : Layer("ContextBlock") {
  const auto fuses_by = [&](const char* type) {
    return std::find(options.fusion_types.begin(), options.fusion_types.end(), type) != options.fusion_types.end();
  };
  const bool adds = fuses_by("channel_add"), multiplies = fuses_by("channel_mul");
  if (options.fusion_types.empty() ||
      options.fusion_types.size() != static_cast<std::size_t>(adds) + static_cast<std::size_t>(multiplies)) {
    throw ArgumentError("fusion_types", "must hold 'channel_add', 'channel_mul' or both");
  }
  if (options.pooling_type == "att") {
    conv_mask_ =
        register_module("conv_mask", std::make_shared<Conv2d>(Conv2d::Options{.in_channels = options.in_channels, .out_channels = 1}));
    softmax_ = register_module("softmax", std::make_shared<Softmax>(2));
  } else {
    avg_pool_ = register_module("avg_pool", std::make_shared<AdaptiveAvgPool2d>(1));
  }
  if (adds) channel_add_conv_ = register_module("channel_add_conv", make_transform(options));
  if (multiplies) channel_mul_conv_ = register_module("channel_mul_conv", make_transform(options));
}

void ContextBlock::reset_parameters() {
  if (conv_mask_) kaiming_init(*conv_mask_, {.mode = FanMode::In});
  for (const auto& transform : {channel_add_conv_, channel_mul_conv_}) {
    if (transform) constant_init(*transform->layers().back(), 0);
  }
}

torch::Tensor ContextBlock::pooled(const torch::Tensor& input) {
  if (avg_pool_) return avg_pool_->forward(input);
  const torch::Tensor weights = softmax_->forward(conv_mask_->forward(input).flatten(2));  // [N, 1, H · W]
  return torch::matmul(input.flatten(2), weights.transpose(1, 2)).unsqueeze(3);            // [N, C, 1, 1]
}

torch::Tensor ContextBlock::compute(const torch::Tensor& input) {
  const torch::Tensor context = pooled(input);
  torch::Tensor output = input;
  if (channel_mul_conv_) output = output * channel_mul_conv_->forward(context).sigmoid();
  if (channel_add_conv_) output = output + channel_add_conv_->forward(context);
  return output;
}

DETFORGE_REGISTER(plugin_layers, ContextBlock,
                  {.name = "ContextBlock",
                   .python = "mmcv.cnn.bricks.context_block.ContextBlock",
                   .meaning = "one context per image for all pixels (arXiv 1904.11492)"});

}  // namespace detforge::nn
