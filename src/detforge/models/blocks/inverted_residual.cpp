#include "detforge/models/blocks/inverted_residual.h"

#include <algorithm>

#include "detforge/models/blocks/drop_path.h"

namespace detforge {

InvertedResidual::InvertedResidual(const Options& options, const BuildContext& context)
    : Layer("InvertedResidual"), with_res_shortcut_(options.stride == 1 && options.in_channels == options.out_channels) {
  const auto conv = [&](const char* name, const nn::ConvModule::Options& module) {
    return register_module(name, std::make_shared<nn::ConvModule>(module, context));
  };
  drop_path_ = register_module("drop_path", make_drop_path(options.drop_path_rate));
  if (options.with_expand_conv) {
    expand_conv_ =
        conv("expand_conv", {.in_channels = options.in_channels, .out_channels = options.mid_channels, .layers = options.layers});
  }
  depthwise_conv_ = conv("depthwise_conv", {.in_channels = options.mid_channels,
                                            .out_channels = options.mid_channels,
                                            .kernel_size = options.kernel_size,
                                            .stride = options.stride,
                                            .padding = options.kernel_size / 2,
                                            .groups = options.mid_channels,
                                            .layers = options.layers});
  if (options.se) se_ = register_module("se", std::make_shared<SELayer>(*options.se, context));
  nn::LayerConfigs linear = options.layers;
  linear.act_cfg.reset();
  linear_conv_ = conv("linear_conv", {.in_channels = options.mid_channels, .out_channels = options.out_channels, .layers = linear});
}

torch::Tensor InvertedResidual::compute(const torch::Tensor& input) {
  torch::Tensor inner = depthwise_conv_->forward(expand_conv_ ? expand_conv_->forward(input) : input);
  if (se_) inner = se_->forward(inner);
  const torch::Tensor output = linear_conv_->forward(inner);
  return with_res_shortcut_ ? input + drop_path_->forward(output) : output;
}

std::int64_t make_divisible(double channels, std::int64_t divisor) {
  const std::int64_t nearest = static_cast<std::int64_t>(channels + static_cast<double>(divisor) / 2) / divisor * divisor;
  const std::int64_t rounded = std::max(divisor, nearest);
  return static_cast<double>(rounded) < 0.9 * channels ? rounded + divisor : rounded;
}

}  // namespace detforge
