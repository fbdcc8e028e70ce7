#include "detforge/nn/layers/conv_module.h"

namespace detforge::nn {

ConvModule::ConvModule(const Options& options, const BuildContext& context) : Layer("ConvModule") {
  const LayerConfigs& layers = options.layers;
  Conv2d::Options conv;
  conv.in_channels = options.in_channels;
  conv.out_channels = options.out_channels;
  conv.kernel_size = options.kernel_size;
  conv.stride = options.stride;
  conv.padding = options.padding;
  conv.groups = options.groups;
  conv.bias = options.bias.value_or(!layers.norm_cfg);
  conv_ = register_module("conv", build_conv_layer(layers.conv_cfg, conv, context));
  if (layers.norm_cfg) {
    auto norm = build_norm_layer(*layers.norm_cfg, options.out_channels, context);
    norm_ = register_module(norm.name, norm.layer);
  }
  if (layers.act_cfg) activate_ = register_module("activate", build_activation_layer(*layers.act_cfg, /*inplace=*/true, context));
}

torch::Tensor ConvModule::compute(const torch::Tensor& input) {
  torch::Tensor output = conv_->forward(input);
  if (norm_) output = norm_->forward(output);
  return activate_ ? activate_->forward(output) : output;
}

DepthwiseSeparableConvModule::DepthwiseSeparableConvModule(const ConvModule::Options& options, const BuildContext& context)
    : Layer("DepthwiseSeparableConvModule") {
  ConvModule::Options depthwise = options;
  depthwise.out_channels = options.in_channels;
  depthwise.groups = options.in_channels;
  ConvModule::Options pointwise{.in_channels = options.in_channels, .out_channels = options.out_channels, .layers = options.layers};
  pointwise.bias = options.bias;
  depthwise_conv_ = register_module("depthwise_conv", std::make_shared<ConvModule>(depthwise, context));
  pointwise_conv_ = register_module("pointwise_conv", std::make_shared<ConvModule>(pointwise, context));
}

torch::Tensor DepthwiseSeparableConvModule::compute(const torch::Tensor& input) {
  return pointwise_conv_->forward(depthwise_conv_->forward(input));
}

std::shared_ptr<Layer> make_conv_module(bool use_depthwise, const ConvModule::Options& options, const BuildContext& context) {
  if (use_depthwise) return std::make_shared<DepthwiseSeparableConvModule>(options, context);
  return std::make_shared<ConvModule>(options, context);
}

}  // namespace detforge::nn
