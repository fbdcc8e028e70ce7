#include "detforge/models/dense_heads/solo/solo_mask_features.h"

#include "detforge/models/dense_heads/solo/solo_base_head.h"
#include "detforge/nn/layers/upsample.h"

namespace detforge {

Arguments<MaskFeatModule::Options> MaskFeatModule::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of every input level").at_least(1),
          arg(&Options::feat_channels, "feat_channels", required, "channels of the hidden layers").at_least(1),
          arg(&Options::start_level, "start_level", required, "first level that counts").at_least(0),
          arg(&Options::end_level, "end_level", required, "last level that counts").at_least(0),
          arg(&Options::out_channels, "out_channels", required, "channels of the mask features").at_least(1),
          arg(&Options::mask_stride, "mask_stride", "px between the places of the mask features").at_least(1),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none"),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

MaskFeatModule::MaskFeatModule(const Options& options, const BuildContext& context)
    : Module("MaskFeatModule"),
      start_level_(static_cast<std::size_t>(options.start_level)),
      end_level_(static_cast<std::size_t>(options.end_level)) {
  if (options.end_level < options.start_level) throw ArgumentError("end_level", "must not be less than 'start_level'");
  const auto conv = [&](std::int64_t in_channels) {
    return std::make_shared<nn::ConvModule>(
        nn::ConvModule::Options{.in_channels = in_channels,
                                .out_channels = options.feat_channels,
                                .kernel_size = 3,
                                .padding = 1,
                                .layers = {options.conv_cfg, options.norm_cfg, ConfigDict{{"type", "ReLU"}}},
                                .inplace = false},
        context);
  };
  convs_all_levels_ = register_module("convs_all_levels", std::make_shared<nn::ModuleList<nn::Sequential>>());
  for (std::int64_t level = options.start_level; level <= options.end_level; ++level) {
    auto steps = std::make_shared<nn::Sequential>();
    if (level == 0) steps->append("conv0", conv(options.in_channels));
    for (std::int64_t step = 0; step < level; ++step) {
      const std::int64_t first = options.in_channels + (level == options.end_level ? 2 : 0);
      steps->append("conv" + std::to_string(step), conv(step == 0 ? first : options.feat_channels));
      steps->append("upsample" + std::to_string(step),
                    std::make_shared<nn::Upsample>(nn::Upsample::Options{.scale_factor = 2.0, .mode = "bilinear", .align_corners = false}));
    }
    convs_all_levels_->append(std::move(steps));
  }
  conv_pred_ = register_module("conv_pred",
                               std::make_shared<nn::ConvModule>(
                                   nn::ConvModule::Options{.in_channels = options.feat_channels,
                                                           .out_channels = options.out_channels,
                                                           .layers = {options.conv_cfg, options.norm_cfg, ConfigDict{{"type", "ReLU"}}}},
                                   context));
  show_init_cfg(context, options.init_cfg);
}

torch::Tensor MaskFeatModule::compute(const nn::Features& features) {
  torch::Tensor sum;
  for (std::size_t level = start_level_; level <= end_level_; ++level) {
    const bool has_places = level == end_level_ && level > 0;
    const torch::Tensor input = has_places ? with_coordinates(features.at(level)) : features.at(level);
    const torch::Tensor enlarged = (*convs_all_levels_)[level - start_level_].forward(input);
    sum = sum.defined() ? sum + enlarged : enlarged;
  }
  return conv_pred_->forward(sum);
}

}  // namespace detforge
