#pragma once

#include "detforge/nn/layers/conv2d.h"

namespace detforge::nn {

/// PyTorch's `spectral_norm` (arXiv 1802.05957) of a convolution: its weight, as a matrix [out_channels, …], over its
/// largest singular value, which one power iteration per training step keeps up to date. The state_dict has
/// `weight_orig`, `weight_u` and `weight_v` instead of `weight`.
class SpectralNorm {
 public:
  /// Throws `ArgumentError` where the layer is no `Conv2d`.
  explicit SpectralNorm(const std::shared_ptr<Layer>& layer);

  /// Sets the weight for the forward that follows.
  void normalise_weight();
  /// Draws the singular vectors anew.
  void reset();

 private:
  std::shared_ptr<Conv2d> conv_;
  torch::Tensor weight_orig_;
  torch::Tensor u_;  // [out_channels]
  torch::Tensor v_;  // [in_channels / groups · kh · kw]
};

}  // namespace detforge::nn
