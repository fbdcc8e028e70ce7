#pragma once

#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

using StackedConvs = nn::ModuleList<nn::ConvModule>;

/// `count` 3×3 ConvModules with ReLU, as most dense heads have them before their predictions: in_channels →
/// feat_channels → … Without `count` an empty list, which passes features on.
std::shared_ptr<StackedConvs> stacked_convs(std::int64_t count, std::int64_t in_channels, std::int64_t feat_channels,
                                            const std::optional<ConfigDict>& conv_cfg, const std::optional<ConfigDict>& norm_cfg,
                                            const BuildContext& context);

/// One after the other.
torch::Tensor apply_all(const StackedConvs& layers, torch::Tensor feature);

/// A 3×3 convolution that predicts.
std::shared_ptr<nn::Conv2d> prediction_conv(std::int64_t in_channels, std::int64_t out_channels, const BuildContext& context,
                                            std::int64_t kernel_size = 3);

}  // namespace detforge
