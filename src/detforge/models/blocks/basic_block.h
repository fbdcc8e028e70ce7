#pragma once

#include "detforge/models/blocks/residual_block.h"
#include "detforge/nn/activations/relu.h"

namespace detforge {

/// ResNet's block of two 3×3 convolutions (arXiv 1512.03385), of depths 18 and 34. Its output has `planes` channels.
class BasicBlock : public nn::Layer {
 public:
  /// Throws `ArgumentError` for a dcn or plugins, which only `Bottleneck` takes.
  BasicBlock(const ResidualBlockOptions& options, const BuildContext& context);

  static ResidualBlockKind kind();

  nn::Module* part(const std::string& name) override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  std::shared_ptr<nn::Layer> conv1_;
  std::shared_ptr<nn::Layer> norm1_;
  std::shared_ptr<nn::Layer> conv2_;
  std::shared_ptr<nn::Layer> norm2_;
  std::shared_ptr<nn::ReLU> relu_;
  std::shared_ptr<nn::Layer> downsample_;
};

}  // namespace detforge
