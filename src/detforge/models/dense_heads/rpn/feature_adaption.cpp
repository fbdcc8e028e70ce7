#include "detforge/models/dense_heads/rpn/feature_adaption.h"

#include "detforge/nn/layers/build_layer.h"

namespace detforge {

FeatureAdaption::FeatureAdaption(const Options& options, const BuildContext& context) : Module(options.python_name) {
  constexpr std::int64_t kernel_size = 3;
  nn::Conv2d::Options offset;
  offset.in_channels = options.shape_channels;
  offset.out_channels = options.deform_groups * kernel_size * kernel_size * 2;
  offset.bias = false;
  nn::DeformConv2d::Options adaption;
  adaption.in_channels = options.in_channels;
  adaption.out_channels = options.out_channels;
  adaption.kernel_size = kernel_size;
  adaption.padding = kernel_size / 2;
  adaption.deform_groups = options.deform_groups;
  conv_offset_ = register_module("conv_offset", std::make_shared<nn::Conv2d>(offset, context));
  conv_adaption_ = register_module("conv_adaption", std::make_shared<nn::DeformConv2d>(adaption, context));
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  show_init_cfg(context, Value::dict({{"type", "Normal"},
                                      {"layer", "Conv2d"},
                                      {"std", 0.1},
                                      {"override", Value::dict({{"type", "Normal"}, {"name", "conv_adaption"}, {"std", 0.01}})}}));
}

torch::Tensor FeatureAdaption::forward(const torch::Tensor& feature, const torch::Tensor& shape) {
  return relu_->forward(conv_adaption_->forward(feature, conv_offset_->forward(shape)));
}

}  // namespace detforge
