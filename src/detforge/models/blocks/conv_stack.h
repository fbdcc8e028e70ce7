#pragma once

#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// 3×3 convolutions one after the other, as mask and semantic heads keep them.
struct ConvStackOptions {
  std::int64_t num_convs = 0;
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  std::int64_t kernel_size = 3;
  nn::LayerConfigs layers = {};  ///< conv_cfg and norm_cfg; the activation is ReLU
};

/// A ModuleList of ConvModules.
std::shared_ptr<nn::ModuleList<>> conv_stack(const ConvStackOptions& options, const BuildContext& context);

/// SCNet's `conv_to_res`: a ResLayer of half as many `SimplifiedBasicBlock`s. Throws `ArgumentError` where the channels change.
std::shared_ptr<nn::ModuleList<>> residual_stack(const ConvStackOptions& options, const BuildContext& context);

}  // namespace detforge
