#pragma once

#include "detforge/models/blocks/block_plugins.h"
#include "detforge/nn/activations/relu.h"
#include "detforge/nn/layers/conv2d.h"

namespace detforge {

/// ResNet's block of a 1×1, a 3×3 and a 1×1 convolution (arXiv 1512.03385), and ResNeXt's with groups in the middle
/// (arXiv 1611.05431).
class Bottleneck : public nn::Layer {
 public:
  struct Shape {
    std::int64_t width = 0;                                       ///< channels between the 1×1 convolutions
    std::int64_t groups = 1;                                      ///< of the 3×3 convolution
    std::int64_t expansion = 4;                                   ///< output channels over `planes`
    std::function<std::shared_ptr<nn::Layer>()> make_conv2 = {};  ///< in place of the 3×3 convolution
    bool with_norm2 = true;                                       ///< normalisation and activation behind it
  };

  Bottleneck(const ResidualBlockOptions& options, const Shape& shape, const BuildContext& context, std::string python_name = "Bottleneck");

  /// ResNet's.
  static ResidualBlockKind kind();
  /// ResNeXt's: `groups` groups of ⌊planes · base_width / base_channels⌋ channels; ResNet's where `groups` is 1.
  static ResidualBlockKind grouped_kind(std::int64_t groups, std::int64_t base_width, std::int64_t base_channels,
                                        std::int64_t expansion = 4);
  /// The width of `grouped_kind`.
  static std::int64_t grouped_width(std::int64_t planes, std::int64_t groups, std::int64_t base_width, std::int64_t base_channels);

  nn::Module* part(const std::string& name) override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;
  /// The second convolution, its normalisation and activation.
  virtual torch::Tensor middle(const torch::Tensor& input);
  /// Everything up to the last normalisation.
  torch::Tensor before_norm3(const torch::Tensor& input);
  /// Everything up to the last activation.
  torch::Tensor before_relu(const torch::Tensor& input);

  std::shared_ptr<nn::Layer> conv1_;
  std::shared_ptr<nn::Layer> norm1_;
  std::shared_ptr<nn::Layer> conv2_;
  std::shared_ptr<nn::Layer> norm2_;  // null without
  std::shared_ptr<nn::Layer> conv3_;
  std::shared_ptr<nn::Layer> norm3_;
  std::shared_ptr<nn::ReLU> relu_;
  std::shared_ptr<nn::Layer> downsample_;
  std::optional<BlockPlugins> plugins_;
};

}  // namespace detforge
