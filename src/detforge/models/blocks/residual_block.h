#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// What the blocks of ResNet and its relatives have in common: [N, inplanes, H, W] →
/// [N, planes · expansion, H / stride, W / stride].
struct ResidualBlockOptions {
  std::int64_t inplanes = 0;
  std::int64_t planes = 0;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::shared_ptr<nn::Layer> downsample = nullptr;  ///< of the input, where its shape changes
  bool first_of_stage = false;
  bool caffe_style = false;  ///< the first convolution has the stride, not the second
  std::optional<ConfigDict> conv_cfg;
  ConfigDict norm_cfg = {{"type", "BN"}};
  std::optional<ConfigDict> conv2_cfg;  ///< the second convolution, where it is another: a deformable one
  std::vector<ConfigDict> plugins;      ///< `dict(cfg=…, position='after_conv2')`
  std::optional<Value> init_cfg;
};

/// One kind of block: how many times `planes` it gives out, and how it is made.
struct ResidualBlockKind {
  std::int64_t expansion = 1;
  std::function<std::shared_ptr<nn::Layer>(const ResidualBlockOptions& options, const BuildContext& context)> make;
};

}  // namespace detforge
