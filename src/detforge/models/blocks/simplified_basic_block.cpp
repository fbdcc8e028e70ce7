#include "detforge/models/blocks/simplified_basic_block.h"

namespace detforge {

SimplifiedBasicBlock::SimplifiedBasicBlock(std::int64_t channels, const nn::LayerConfigs& layers, const BuildContext& context)
    : Layer("SimplifiedBasicBlock") {
  const auto conv = [&](const char* name) {
    nn::Conv2d::Options options;
    options.in_channels = channels;
    options.out_channels = channels;
    options.kernel_size = 3;
    options.padding = 1;
    options.bias = !layers.norm_cfg;
    return register_module(name, nn::build_conv_layer(layers.conv_cfg, options, context));
  };
  const auto norm = [&](const char* postfix) -> std::shared_ptr<nn::Layer> {
    if (!layers.norm_cfg) return nullptr;
    const nn::NamedLayer named = nn::build_norm_layer(*layers.norm_cfg, channels, context, postfix);
    return register_module(named.name, named.layer);
  };
  conv1_ = conv("conv1");
  norm1_ = norm("1");
  conv2_ = conv("conv2");
  norm2_ = norm("2");
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
}

nn::Module* SimplifiedBasicBlock::part(const std::string& name) {
  if (name == "norm1") return norm1_.get();
  if (name == "norm2") return norm2_.get();
  return Layer::part(name);
}

torch::Tensor SimplifiedBasicBlock::compute(const torch::Tensor& input) {
  torch::Tensor output = conv1_->forward(input);
  if (norm1_) output = norm1_->forward(output);
  output = conv2_->forward(relu_->forward(output));
  if (norm2_) output = norm2_->forward(output);
  return output + input;
}

}  // namespace detforge
