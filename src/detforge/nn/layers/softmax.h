#pragma once

#include "detforge/nn/module.h"

namespace detforge::nn {

/// PyTorch's `Softmax` along one dimension.
class Softmax : public Layer {
 public:
  explicit Softmax(std::int64_t dim) : Layer("Softmax"), dim_(dim) {}

  std::string extra_repr() const override { return "dim=" + std::to_string(dim_); }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return input.softmax(dim_); }

 private:
  std::int64_t dim_;
};

}  // namespace detforge::nn
