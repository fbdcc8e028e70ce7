#pragma once

#include "detforge/nn/module.h"

namespace detforge::nn {

/// PyTorch's `MaxPool2d` over square windows.
class MaxPool2d : public Layer {
 public:
  struct Options {
    std::int64_t kernel_size = 1;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
  };

  explicit MaxPool2d(const Options& options) : Layer("MaxPool2d"), options_(options) {}

  std::string extra_repr() const override {
    return "kernel_size=" + std::to_string(options_.kernel_size) + ", stride=" + std::to_string(options_.stride) +
           ", padding=" + std::to_string(options_.padding) + ", dilation=1, ceil_mode=False";
  }
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor>) const override {
    return inputs[0].numel();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    return torch::max_pool2d(input, options_.kernel_size, options_.stride, options_.padding);
  }

 private:
  Options options_;
};

}  // namespace detforge::nn
