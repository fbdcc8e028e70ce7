#include "detforge/nn/layers/conv_module.h"

#include <algorithm>

#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/norm_act.h"

namespace detforge::nn {
namespace conv_module {

/// One of mmcv's padding layers has to stand before the convolution.
bool pads_explicitly(const std::string& padding_mode) { return padding_mode != "zeros" && padding_mode != "circular"; }

double leaky_slope(const std::optional<ConfigDict>& act_cfg) {
  if (!act_cfg) return 0;
  const Value* type = act_cfg->find("type");
  if (type == nullptr || !python_equal(*type, "LeakyReLU")) return 0;
  const Value* slope = act_cfg->find("negative_slope");
  return slope != nullptr ? Conversion<double>::from(*slope) : 0.01;
}

}  // namespace conv_module

std::vector<ConvModule::Step> ConvModule::steps_of(const LayerOrder& order) {
  LayerOrder sorted = order;
  std::sort(sorted.begin(), sorted.end());
  if (sorted != LayerOrder{"act", "conv", "norm"}) throw ArgumentError("order", "must hold 'conv', 'norm' and 'act' once each");
  std::vector<Step> steps;
  for (const std::string& step : order) steps.push_back(step == "conv" ? Step::Conv : step == "norm" ? Step::Norm : Step::Act);
  return steps;
}

ConvModule::ConvModule(const Options& options, const BuildContext& context)
    : Layer("ConvModule"),
      reference_(context.reference),
      steps_(steps_of(options.order)),
      leaky_slope_(conv_module::leaky_slope(options.layers.act_cfg)) {
  const LayerConfigs& layers = options.layers;
  const bool pads = conv_module::pads_explicitly(options.padding_mode);
  if (pads) {
    const Pair& around = options.padding;
    const Value sides = Value::tuple({around.width, around.width, around.height, around.height});
    padding_layer_ = register_module("padding_layer", build_padding_layer(options.padding_mode, sides, context));
  }
  Conv2d::Options conv;
  conv.in_channels = options.in_channels;
  conv.out_channels = options.out_channels;
  conv.kernel_size = options.kernel_size;
  conv.stride = options.stride;
  conv.padding = pads ? Pair(0) : options.padding;
  conv.dilation = options.dilation;
  conv.groups = options.groups;
  conv.bias = options.bias.value_or(!layers.norm_cfg);
  conv_ = register_module("conv", build_conv_layer(layers.conv_cfg, conv, context));
  if (options.with_spectral_norm) spectral_norm_.emplace(conv_);
  if (layers.norm_cfg) {
    const bool norm_first = std::find(steps_.begin(), steps_.end(), Step::Norm) < std::find(steps_.begin(), steps_.end(), Step::Conv);
    auto norm = build_norm_layer(*layers.norm_cfg, norm_first ? options.in_channels : options.out_channels, context);
    norm_ = register_module(norm.name, norm.layer);
  }
  if (layers.act_cfg) activate_ = register_module("activate", build_activation_layer(*layers.act_cfg, options.inplace, context));
}

void ConvModule::share_conv(const ConvModule& other) { conv_ = replace_module("conv", other.conv_); }

void ConvModule::reset_parameters() {
  if (spectral_norm_) spectral_norm_->reset();
  if (!conv_->initialises_itself()) {
    const auto nonlinearity = leaky_slope_ != 0 ? Nonlinearity::LeakyReLU : Nonlinearity::ReLU;
    kaiming_init(*conv_, {.a = leaky_slope_, .nonlinearity = nonlinearity});
  }
  if (norm_) constant_init(*norm_, 1);
}

void ConvModule::init_weights(const PretrainedLoader&) {
  if (reference_ == Reference::V2_27) reset_parameters();
}

torch::Tensor ConvModule::compute(const torch::Tensor& input) {
  const auto convolved = [&](const torch::Tensor& image) {
    if (spectral_norm_) spectral_norm_->normalise_weight();
    return conv_->forward(padding_layer_ ? padding_layer_->forward(image) : image);
  };
  constexpr std::array usual = {Step::Conv, Step::Norm, Step::Act};
  if (norm_ && std::ranges::equal(steps_, usual)) return norm_act(*norm_, activate_.get(), convolved(input));
  torch::Tensor output = input;
  for (const Step step : steps_) {
    if (step == Step::Conv) {
      output = convolved(output);
    } else if (step == Step::Norm) {
      if (norm_) output = norm_->forward(output);
    } else if (activate_) {
      output = activate_->forward(output);
    }
  }
  return output;
}

DepthwiseSeparableConvModule::DepthwiseSeparableConvModule(const ConvModule::Options& options, const BuildContext& context)
    : DepthwiseSeparableConvModule(options, options.layers, options.layers, context) {}

DepthwiseSeparableConvModule::DepthwiseSeparableConvModule(const ConvModule::Options& options, const LayerConfigs& of_depthwise,
                                                           const LayerConfigs& of_pointwise, const BuildContext& context)
    : Layer("DepthwiseSeparableConvModule") {
  ConvModule::Options depthwise = options;
  depthwise.out_channels = options.in_channels;
  depthwise.groups = options.in_channels;
  depthwise.layers = {options.layers.conv_cfg, of_depthwise.norm_cfg, of_depthwise.act_cfg};
  ConvModule::Options pointwise = options;
  pointwise.kernel_size = pointwise.stride = pointwise.dilation = 1;
  pointwise.padding = 0;
  pointwise.layers = {options.layers.conv_cfg, of_pointwise.norm_cfg, of_pointwise.act_cfg};
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
