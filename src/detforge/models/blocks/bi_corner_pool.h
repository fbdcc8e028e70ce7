#pragma once

#include "detforge/nn/activations/relu.h"
#include "detforge/nn/layers/conv_module.h"
#include "detforge/ops/corner_pool.h"

namespace detforge {

/// CornerNet's module (arXiv 1808.01244) that looks for the two sides of a box that meet in a corner: [N, in_channels, H, W] →
/// [N, out_channels, H, W].
class BiCornerPool : public nn::Layer {
 public:
  BiCornerPool(std::int64_t in_channels, std::int64_t out_channels, std::array<ops::CornerPoolMode, 2> directions,
               const BuildContext& context);

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  std::array<std::shared_ptr<nn::ConvModule>, 2> direction_convs_;
  std::shared_ptr<nn::ConvModule> aftpool_conv_;
  std::shared_ptr<nn::ConvModule> conv1_;
  std::shared_ptr<nn::ConvModule> conv2_;
  std::array<std::shared_ptr<nn::Layer>, 2> direction_pools_;
  std::shared_ptr<nn::ReLU> relu_;
};

}  // namespace detforge
