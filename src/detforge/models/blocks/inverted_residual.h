#pragma once

#include "detforge/models/blocks/se_layer.h"

namespace detforge {

/// MobileNetV2's block (arXiv 1801.04381): 1×1 up, depthwise, 1×1 down without activation; the input is added where shape
/// and stride allow. EfficientNet weighs the channels before they go down.
class InvertedResidual : public nn::Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    std::int64_t mid_channels = 0;
    std::int64_t kernel_size = 3;
    std::int64_t stride = 1;
    std::optional<SELayer::Options> se = std::nullopt;
    bool with_expand_conv = true;
    nn::LayerConfigs layers = {};
    double drop_path_rate = 0;  ///< how often an image keeps its input alone while the model learns
  };

  InvertedResidual(const Options& options, const BuildContext& context);

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  bool with_res_shortcut_;
  std::shared_ptr<nn::Layer> drop_path_;
  std::shared_ptr<nn::ConvModule> expand_conv_;
  std::shared_ptr<nn::ConvModule> depthwise_conv_;
  std::shared_ptr<SELayer> se_;
  std::shared_ptr<nn::ConvModule> linear_conv_;
};

/// The multiple of `divisor` nearest to `channels`, but not below 90 % of it.
std::int64_t make_divisible(double channels, std::int64_t divisor);

}  // namespace detforge
