#include "detforge/models/dense_heads/parts/stacked_convs.h"

namespace detforge {

std::shared_ptr<StackedConvs> stacked_convs(std::int64_t count, std::int64_t in_channels, std::int64_t feat_channels,
                                            const std::optional<ConfigDict>& conv_cfg, const std::optional<ConfigDict>& norm_cfg,
                                            const BuildContext& context) {
  auto list = std::make_shared<StackedConvs>();
  for (std::int64_t i = 0; i < count; ++i) {
    const nn::ConvModule::Options options{.in_channels = i == 0 ? in_channels : feat_channels,
                                          .out_channels = feat_channels,
                                          .kernel_size = 3,
                                          .padding = 1,
                                          .layers = {conv_cfg, norm_cfg, ConfigDict{{"type", "ReLU"}}}};
    list->append(std::make_shared<nn::ConvModule>(options, context));
  }
  return list;
}

torch::Tensor apply_all(const StackedConvs& layers, torch::Tensor feature) {
  for (const auto& layer : layers) feature = layer->forward(feature);
  return feature;
}

std::shared_ptr<nn::Conv2d> prediction_conv(std::int64_t in_channels, std::int64_t out_channels, const BuildContext& context,
                                            std::int64_t kernel_size) {
  nn::Conv2d::Options options;
  options.in_channels = in_channels;
  options.out_channels = out_channels;
  options.kernel_size = kernel_size;
  options.padding = kernel_size / 2;
  return std::make_shared<nn::Conv2d>(options, context);
}

}  // namespace detforge
