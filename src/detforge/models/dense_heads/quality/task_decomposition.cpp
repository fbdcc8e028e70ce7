#include "detforge/models/dense_heads/quality/task_decomposition.h"

#include "detforge/models/dense_heads/parts/stacked_convs.h"

namespace detforge {

TaskDecomposition::TaskDecomposition(const Options& options, const BuildContext& context) : Module("TaskDecomposition"), options_(options) {
  const std::int64_t channels = options.feat_channels * options.stacked_convs;
  const auto activation = [&](const char* type) {
    return nn::build_activation_layer(ConfigDict{{"type", type}}, /*inplace=*/true, context);
  };
  layer_attention_ = register_module("layer_attention", std::make_shared<nn::Sequential>());
  layer_attention_->append(prediction_conv(channels, channels / options.la_down_rate, context, 1));
  layer_attention_->append(activation("ReLU"));
  layer_attention_->append(prediction_conv(channels / options.la_down_rate, options.stacked_convs, context, 1));
  layer_attention_->append(activation("Sigmoid"));
  const nn::ConvModule::Options conv{.in_channels = channels,
                                     .out_channels = options.feat_channels,
                                     .kernel_size = 1,
                                     .layers = {options.conv_cfg, options.norm_cfg, ConfigDict{{"type", "ReLU"}}}};
  reduction_conv_ = register_module("reduction_conv", std::make_shared<nn::ConvModule>(conv, context));
}

torch::Tensor TaskDecomposition::forward(const torch::Tensor& feature, const torch::Tensor& mean) {
  const auto conv = std::dynamic_pointer_cast<nn::Conv2d>(reduction_conv_->conv());
  if (!conv) throw Error("TaskDecomposition knows plain convolutions only");
  const std::int64_t images = feature.size(0), channels = options_.feat_channels;
  const torch::Tensor attention = layer_attention_->forward(mean).view({images, 1, options_.stacked_convs, 1});
  const torch::Tensor weight =
      (attention * conv->weight().view({1, channels, options_.stacked_convs, channels})).view({images, channels, -1});
  torch::Tensor output = torch::bmm(weight, feature.flatten(2)).view({images, channels, feature.size(2), feature.size(3)});
  if (reduction_conv_->norm()) output = reduction_conv_->norm()->forward(output);
  return reduction_conv_->activate()->forward(output);
}

}  // namespace detforge
