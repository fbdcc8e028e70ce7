#pragma once

#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/module.h"

namespace detforge {

/// SSD's `L2Norm`: each pixel of [N, C, H, W] gets length 1 over its channels, then a learnt weight per channel, which
/// begins at `scale`.
class L2Norm : public nn::Layer {
 public:
  L2Norm(std::int64_t channels, double scale, double eps = 1e-10) : Layer("L2Norm"), scale_(scale), eps_(eps) {
    weight_ = register_parameter("weight", torch::empty({channels}));
  }

  void reset_parameters() override { nn::constant_init(*this, scale_); }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const torch::Tensor length = input.square().sum(1, /*keepdim=*/true).sqrt() + eps_;
    return weight_.view({1, -1, 1, 1}) * input / length;
  }

 private:
  double scale_;
  double eps_;
  torch::Tensor weight_;  // [channels]
};

}  // namespace detforge
