#pragma once

#include "detforge/models/blocks/inverted_residual.h"

namespace detforge {

/// The block of EfficientNets for edge devices: a full convolution up, 1×1 down without activation; the input is added where it is asked
/// for and shape and stride allow.
class EdgeResidual : public nn::Layer {
 public:
  struct Options : InvertedResidual::Options {
    bool with_residual = true;
  };

  EdgeResidual(const Options& options, const BuildContext& context);

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  bool with_residual_;
  std::shared_ptr<nn::Layer> drop_path_;
  std::shared_ptr<nn::ConvModule> conv1_;
  std::shared_ptr<SELayer> se_;
  std::shared_ptr<nn::ConvModule> conv2_;
};

}  // namespace detforge
