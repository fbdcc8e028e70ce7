#pragma once

#include "detforge/nn/layers/conv2d.h"

namespace detforge::nn {

/// mmcv's `MaskedConv2d`: a convolution whose output is 0 outside of a mask [N, 1, H', W'] of 0 and 1, where there is one.
class MaskedConv2d : public Conv2d {
 public:
  explicit MaskedConv2d(const Options& options) : Conv2d("MaskedConv2d", options) {}

  torch::Tensor forward(const torch::Tensor& input, const torch::Tensor& mask = {}) {
    const torch::Tensor output = Layer::forward(input);
    return mask.defined() ? output * mask : output;
  }
};

}  // namespace detforge::nn
