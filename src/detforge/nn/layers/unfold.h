#pragma once

#include "detforge/nn/module.h"
#include "detforge/nn/pair.h"

namespace detforge::nn {

/// PyTorch's `Unfold`: [N, C, H, W] → [N, C·kernel, L], a column for each place of the kernel.
class Unfold : public Layer {
 public:
  struct Options {
    Pair kernel_size = 1;
    Pair dilation = 1;
    Pair padding = 0;
    Pair stride = 1;
  };

  explicit Unfold(const Options& options) : Layer("Unfold"), options_(options) {}

  std::string extra_repr() const override {
    return "kernel_size=" + options_.kernel_size.text() + ", dilation=" + options_.dilation.text() +
           ", padding=" + options_.padding.text() + ", stride=" + options_.stride.text();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    return torch::im2col(input, options_.kernel_size.array(), options_.dilation.array(), options_.padding.array(), options_.stride.array());
  }

 private:
  Options options_;
};

}  // namespace detforge::nn
