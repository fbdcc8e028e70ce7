#include "detforge/models/blocks/bottleneck.h"

#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/norm_act.h"

namespace detforge {

Bottleneck::Bottleneck(const ResidualBlockOptions& options, const Shape& shape, const BuildContext& context, std::string python_name)
    : Layer(std::move(python_name)) {
  const std::int64_t out_channels = options.planes * shape.expansion;
  const auto norm = [&](std::int64_t channels, const char* postfix) {
    auto built = nn::build_norm_layer(options.norm_cfg, channels, context, postfix);
    return register_module(built.name, built.layer);
  };
  const auto conv = [&](const char* name, const std::optional<ConfigDict>& conv_cfg, const nn::Conv2d::Options& layer) {
    return register_module(name, nn::build_conv_layer(conv_cfg, layer, context));
  };
  conv1_ = conv(
      "conv1", options.conv_cfg,
      {.in_channels = options.inplanes, .out_channels = shape.width, .stride = options.caffe_style ? options.stride : 1, .bias = false});
  norm1_ = norm(shape.width, "1");
  if (shape.make_conv2) {
    conv2_ = register_module("conv2", shape.make_conv2());
  } else {
    conv2_ = conv("conv2", options.conv2_cfg ? options.conv2_cfg : options.conv_cfg,
                  {.in_channels = shape.width,
                   .out_channels = shape.width,
                   .kernel_size = 3,
                   .stride = options.caffe_style ? 1 : options.stride,
                   .padding = options.dilation,
                   .dilation = options.dilation,
                   .groups = shape.groups,
                   .bias = false});
  }
  if (shape.with_norm2) norm2_ = norm(shape.width, "2");
  conv3_ = conv("conv3", options.conv_cfg, {.in_channels = shape.width, .out_channels = out_channels, .bias = false});
  norm3_ = norm(out_channels, "3");
  relu_ = register_module("relu", std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
  if (options.downsample) downsample_ = register_module("downsample", options.downsample);
  plugins_.emplace(*this, options.plugins, std::array{shape.width, shape.width, out_channels}, context);
  show_init_cfg(context, options.init_cfg);
}

ResidualBlockKind Bottleneck::kind() {
  return {4, [](const ResidualBlockOptions& options, const BuildContext& context) {
            return std::make_shared<Bottleneck>(options, Shape{.width = options.planes}, context);
          }};
}

std::int64_t Bottleneck::grouped_width(std::int64_t planes, std::int64_t groups, std::int64_t base_width, std::int64_t base_channels) {
  if (groups == 1) return planes;
  // Rounded down as Python's floating point has it.
  const double ratio = static_cast<double>(base_width) / static_cast<double>(base_channels);
  return static_cast<std::int64_t>(static_cast<double>(planes) * ratio) * groups;
}

ResidualBlockKind Bottleneck::grouped_kind(std::int64_t groups, std::int64_t base_width, std::int64_t base_channels,
                                           std::int64_t expansion) {
  return {expansion, [=](const ResidualBlockOptions& options, const BuildContext& context) {
            const std::int64_t width = grouped_width(options.planes, groups, base_width, base_channels);
            return std::make_shared<Bottleneck>(options, Shape{width, groups, expansion}, context);
          }};
}

nn::Module* Bottleneck::part(const std::string& name) {
  if (name == "norm1") return norm1_.get();
  if (name == "norm2") return norm2_.get();
  if (name == "norm3") return norm3_.get();
  return Layer::part(name);
}

torch::Tensor Bottleneck::middle(const torch::Tensor& input) {
  torch::Tensor output = conv2_->forward(input);
  return norm2_ ? nn::norm_act(*norm2_, relu_.get(), std::move(output)) : output;
}

torch::Tensor Bottleneck::before_norm3(const torch::Tensor& input) {
  torch::Tensor output = nn::norm_act(*norm1_, relu_.get(), conv1_->forward(input));
  output = plugins_->after_conv(1, output);
  output = plugins_->after_conv(2, middle(output));
  return conv3_->forward(output);
}

torch::Tensor Bottleneck::before_relu(const torch::Tensor& input) {
  torch::Tensor output = plugins_->after_conv(3, norm3_->forward(before_norm3(input)));
  output += downsample_ ? downsample_->forward(input) : input;
  return output;
}

torch::Tensor Bottleneck::compute(const torch::Tensor& input) {
  if (!plugins_->is_empty_after(3)) return relu_->forward(before_relu(input));
  torch::Tensor output = before_norm3(input);
  return nn::norm_act(*norm3_, relu_.get(), std::move(output), downsample_ ? downsample_->forward(input) : input);
}

}  // namespace detforge
