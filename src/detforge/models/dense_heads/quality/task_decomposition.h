#pragma once

#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// TOOD's task decomposition (arXiv 2108.07755): a 1×1 convolution over the features of all stacked convolutions whose
/// weight is scaled, layer by layer, by an attention of the whole map. [N, stacked · C, H, W] → [N, C, H, W].
class TaskDecomposition : public nn::Module {
 public:
  struct Options {
    std::int64_t feat_channels = 0;
    std::int64_t stacked_convs = 0;
    std::int64_t la_down_rate = 8;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
  };
  TaskDecomposition(const Options& options, const BuildContext& context);

  /// `mean` [N, stacked · C, 1, 1] is that of the map.
  torch::Tensor forward(const torch::Tensor& feature, const torch::Tensor& mean);

 private:
  Options options_;
  std::shared_ptr<nn::Sequential> layer_attention_;
  std::shared_ptr<nn::ConvModule> reduction_conv_;
};

}  // namespace detforge
