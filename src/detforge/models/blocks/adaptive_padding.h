#pragma once

#include <algorithm>

#include "detforge/nn/module.h"
#include "detforge/nn/pair.h"

namespace detforge {

/// Zeros below and right of [N, C, H, W], so that steps of `stride` with a kernel of `kernel_size` meet every pixel.
class AdaptivePadding : public nn::Layer {
 public:
  AdaptivePadding(nn::Pair kernel_size, nn::Pair stride) : Layer("AdaptivePadding"), kernel_size_(kernel_size), stride_(stride) {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const auto missing = [](std::int64_t size, std::int64_t stride, std::int64_t kernel) {
      const std::int64_t steps = (size + stride - 1) / stride;
      return std::max<std::int64_t>((steps - 1) * stride + kernel - size, 0);
    };
    const std::int64_t below = missing(input.size(2), stride_.height, kernel_size_.height);
    const std::int64_t right = missing(input.size(3), stride_.width, kernel_size_.width);
    return below > 0 || right > 0 ? torch::constant_pad_nd(input, {0, right, 0, below}) : input;
  }

 private:
  nn::Pair kernel_size_;
  nn::Pair stride_;
};

}  // namespace detforge
