#pragma once

#include "detforge/nn/module.h"

namespace detforge::nn {

/// mmcv's `Scale`: multiplies by one number that is learnt.
class Scale : public Layer {
 public:
  explicit Scale(double initial = 1.0) : Layer("Scale"), initial_(initial) { scale_ = register_parameter("scale", torch::empty({})); }

  void reset_parameters() override {
    const torch::NoGradGuard no_grad;
    scale_.fill_(initial_);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return input * scale_; }

 private:
  double initial_;
  torch::Tensor scale_;  // scalar
};

}  // namespace detforge::nn
