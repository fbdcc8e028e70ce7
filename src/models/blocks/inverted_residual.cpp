#include "detforge/models/blocks/inverted_residual.h"

#include <algorithm>

#include "detforge/nn/layers/identity.h"

namespace detforge {

InvertedResidual::InvertedResidual(const Options& options, const BuildContext& context)
    : Layer("InvertedResidual"), with_res_shortcut_(options.stride == 1 && options.in_channels == options.out_channels) {
  const auto conv = [&](const char* name, const nn::ConvModule::Options& module) {
    return register_module(name, std::make_shared<nn::ConvModule>(module, context));
  };
  drop_path_ = register_module("drop_path", std::make_shared<nn::Identity>());
  if (options.with_expand_conv) {
    expand_conv_ =
        conv("expand_conv", {.in_channels = options.in_channels, .out_channels = options.mid_channels, .layers = options.layers});
  }
  depthwise_conv_ = conv("depthwise_conv", {.in_channels = options.mid_channels,
                                            .out_channels = options.mid_channels,
                                            .kernel_size = 3,
                                            .stride = options.stride,
                                            .padding = 1,
                                            .groups = options.mid_channels,
                                            .layers = options.layers});
  nn::LayerConfigs linear = options.layers;
  linear.act_cfg.reset();
  linear_conv_ = conv("linear_conv", {.in_channels = options.mid_channels, .out_channels = options.out_channels, .layers = linear});
}

torch::Tensor InvertedResidual::compute(const torch::Tensor& input) {
  const torch::Tensor expanded = expand_conv_ ? expand_conv_->forward(input) : input;
  const torch::Tensor output = linear_conv_->forward(depthwise_conv_->forward(expanded));
  return with_res_shortcut_ ? input + drop_path_->forward(output) : output;
}

std::int64_t make_divisible(double channels, std::int64_t divisor) {
  const std::int64_t nearest = static_cast<std::int64_t>(channels + static_cast<double>(divisor) / 2) / divisor * divisor;
  const std::int64_t rounded = std::max(divisor, nearest);
  return static_cast<double>(rounded) < 0.9 * channels ? rounded + divisor : rounded;
}

}  // namespace detforge
