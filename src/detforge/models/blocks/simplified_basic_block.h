#pragma once

#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// SCNet's residual block (arXiv 2012.10150): two 3×3 convolutions, each with a normalisation where there is a config for one, and
/// no activation behind the sum. [N, C, H, W] → the same shape.
class SimplifiedBasicBlock : public nn::Layer {
 public:
  /// Reads `conv_cfg` and `norm_cfg` of `layers`.
  SimplifiedBasicBlock(std::int64_t channels, const nn::LayerConfigs& layers, const BuildContext& context);

  nn::Module* part(const std::string& name) override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  std::shared_ptr<nn::Layer> conv1_;
  std::shared_ptr<nn::Layer> norm1_;
  std::shared_ptr<nn::Layer> conv2_;
  std::shared_ptr<nn::Layer> norm2_;
  std::shared_ptr<nn::Layer> relu_;
};

}  // namespace detforge
