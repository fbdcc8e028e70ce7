#pragma once

#include "detforge/nn/module.h"

namespace detforge::nn {

/// PyTorch's `Identity`.
class Identity : public Layer {
 public:
  Identity() : Layer("Identity") {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return input; }
};

}  // namespace detforge::nn
