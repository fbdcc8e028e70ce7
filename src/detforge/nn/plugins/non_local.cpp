#include "detforge/nn/plugins/non_local.h"

#include <cmath>

#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/max_pool2d.h"

namespace detforge::nn {

Arguments<NonLocal2d::Options> NonLocal2d::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
          arg(&Options::sub_sample, "sub_sample", "pixels are looked at on a grid of half the size"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::reduction, "reduction", "input channels over channels inside").at_least(1),
          arg(&Options::use_scale, "use_scale", "embedded_gaussian: similarities are divided by the root of the channels"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer of the last convolution"),
          arg(&Options::mode, "mode", "how pixels are compared").one_of({"gaussian", "embedded_gaussian", "dot_product", "concatenation"}),
          arg(&Options::std, "std", "standard deviation of the first weights"),
          arg(&Options::zeros_init, "zeros_init", "begins as the identity")};
}

NonLocal2d::Mode NonLocal2d::mode_of(const std::string& name) {
  if (name == "gaussian") return Mode::Gaussian;
  if (name == "embedded_gaussian") return Mode::EmbeddedGaussian;
  return name == "dot_product" ? Mode::DotProduct : Mode::Concatenation;
}

NonLocal2d::NonLocal2d(const Options& options, const BuildContext& context)
    : Layer("NonLocal2d"),
      options_(options),
      reference_(context.reference),
      mode_(mode_of(options.mode)),
      inter_channels_(std::max<std::int64_t>(options.in_channels / options.reduction, 1)) {
  const auto conv = [&](std::int64_t in_channels, std::int64_t out_channels) {
    return ConvModule::Options{.in_channels = in_channels, .out_channels = out_channels, .layers = {options.conv_cfg, {}, {}}};
  };
  // What samples is registered in the place of what it samples.
  const auto sampled = [&](const std::shared_ptr<ConvModule>& module) -> std::shared_ptr<Layer> {
    if (!options.sub_sample) return module;
    auto both = std::make_shared<Sequential>();
    both->append(module);
    both->append(std::make_shared<MaxPool2d>(MaxPool2d::Options{.kernel_size = 2, .stride = 2, .given_as_pair = true}));
    return both;
  };
  g_conv_ = std::make_shared<ConvModule>(conv(options.in_channels, inter_channels_), context);
  g_ = register_module("g", sampled(g_conv_));
  ConvModule::Options out = conv(inter_channels_, options.in_channels);
  out.layers.norm_cfg = options.norm_cfg;
  conv_out_ = register_module("conv_out", std::make_shared<ConvModule>(out, context));
  if (mode_ != Mode::Gaussian) {
    theta_ = register_module("theta", std::make_shared<ConvModule>(conv(options.in_channels, inter_channels_), context));
    phi_conv_ = std::make_shared<ConvModule>(conv(options.in_channels, inter_channels_), context);
    phi_ = register_module("phi", sampled(phi_conv_));
  } else if (options.sub_sample) {
    phi_ = register_module("phi", std::make_shared<MaxPool2d>(MaxPool2d::Options{.kernel_size = 2, .stride = 2, .given_as_pair = true}));
  }
  if (mode_ == Mode::Concatenation) {
    const ConvModule::Options project{.in_channels = 2 * inter_channels_,
                                      .out_channels = 1,
                                      .bias = false,
                                      .layers = {.conv_cfg = {}, .norm_cfg = {}, .act_cfg = ConfigDict{{"type", "ReLU"}}}};
    concat_project_ = register_module("concat_project", std::make_shared<ConvModule>(project, context));
  }
}

void NonLocal2d::reset_parameters() {
  for (const auto& module : {g_conv_, theta_, phi_conv_}) {
    if (module) normal_init(*module->conv(), 0, options_.std);
  }
  Layer& last = conv_out_->norm() ? *conv_out_->norm() : *conv_out_->conv();
  if (options_.zeros_init) {
    constant_init(last, 0);
  } else {
    normal_init(last, 0, options_.std);
  }
}

void NonLocal2d::init_weights(const PretrainedLoader&) {
  if (reference_ == Reference::V2_27) reset_parameters();
}

torch::Tensor NonLocal2d::pairwise_weight(const torch::Tensor& input) {
  const torch::Tensor theta = (theta_ ? theta_->forward(input) : input).flatten(2);  // [N, C', H · W]
  const torch::Tensor phi = (phi_ ? phi_->forward(input) : input).flatten(2);        // [N, C', H' · W']
  if (mode_ == Mode::Concatenation) {
    const std::vector<std::int64_t> pairs = {theta.size(0), theta.size(1), theta.size(2), phi.size(2)};
    const torch::Tensor both = torch::cat({theta.unsqueeze(3).expand(pairs), phi.unsqueeze(2).expand(pairs)}, 1);
    const torch::Tensor weight = concat_project_->forward(both).squeeze(1);
    return weight / weight.size(-1);
  }
  torch::Tensor weight = torch::matmul(theta.transpose(1, 2), phi);
  if (mode_ == Mode::DotProduct) return weight / weight.size(-1);
  if (mode_ == Mode::EmbeddedGaussian && options_.use_scale) weight = weight / std::sqrt(static_cast<double>(inter_channels_));
  return weight.softmax(-1);
}

torch::Tensor NonLocal2d::compute(const torch::Tensor& input) {
  const torch::Tensor values = g_->forward(input).flatten(2).transpose(1, 2);  // [N, H' · W', C']
  const torch::Tensor sums = torch::matmul(pairwise_weight(input), values).transpose(1, 2).contiguous();
  return input + conv_out_->forward(sums.view({input.size(0), inter_channels_, input.size(2), input.size(3)}));
}

DETFORGE_REGISTER(plugin_layers, NonLocal2d,
                  {.name = "NonLocal2d",
                   .python = "mmcv.cnn.bricks.non_local.NonLocal2d",
                   .meaning = "every pixel looks at all pixels (arXiv 1711.07971)"});

}  // namespace detforge::nn
