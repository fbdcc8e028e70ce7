#include "detforge/models/blocks/basic_block.h"

#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/norm_act.h"

namespace detforge {

BasicBlock::BasicBlock(const ResidualBlockOptions& options, const BuildContext& context) : Layer("BasicBlock") {
  if (options.conv2_cfg) throw ArgumentError("dcn", "needs a depth of 50 or more");
  if (!options.plugins.empty()) throw ArgumentError("plugins", "needs a depth of 50 or more");
  const auto conv = [&](const char* name, std::int64_t in_channels, std::int64_t stride, std::int64_t dilation) {
    const nn::Conv2d::Options layer{.in_channels = in_channels,
                                    .out_channels = options.planes,
                                    .kernel_size = 3,
                                    .stride = stride,
                                    .padding = dilation,
                                    .dilation = dilation,
                                    .bias = false};
    return register_module(name, nn::build_conv_layer(options.conv_cfg, layer, context));
  };
  const auto norm = [&](const char* postfix) {
    auto built = nn::build_norm_layer(options.norm_cfg, options.planes, context, postfix);
    return register_module(built.name, built.layer);
  };
  conv1_ = conv("conv1", options.inplanes, options.stride, options.dilation);
  norm1_ = norm("1");
  conv2_ = conv("conv2", options.planes, 1, 1);
  norm2_ = norm("2");
  relu_ = register_module("relu", std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
  if (options.downsample) downsample_ = register_module("downsample", options.downsample);
  show_init_cfg(context, options.init_cfg);
}

ResidualBlockKind BasicBlock::kind() {
  return {1,
          [](const ResidualBlockOptions& options, const BuildContext& context) { return std::make_shared<BasicBlock>(options, context); }};
}

nn::Module* BasicBlock::part(const std::string& name) {
  if (name == "norm1") return norm1_.get();
  if (name == "norm2") return norm2_.get();
  return Layer::part(name);
}

torch::Tensor BasicBlock::compute(const torch::Tensor& input) {
  torch::Tensor output = nn::norm_act(*norm1_, relu_.get(), conv1_->forward(input));
  output = conv2_->forward(output);
  return nn::norm_act(*norm2_, relu_.get(), std::move(output), downsample_ ? downsample_->forward(input) : input);
}

}  // namespace detforge
