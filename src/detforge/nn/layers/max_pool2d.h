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
    bool ceil_mode = false;
    bool given_as_pair = false;  ///< Python got `(2, 2)` for 2, and prints that
  };

  explicit MaxPool2d(const Options& options) : Layer("MaxPool2d"), options_(options) {}

  std::string extra_repr() const override {
    const auto size_text = [&](std::int64_t size) {
      const std::string one = std::to_string(size);
      return options_.given_as_pair ? "(" + one + ", " + one + ")" : one;
    };
    return "kernel_size=" + size_text(options_.kernel_size) + ", stride=" + size_text(options_.stride) +
           ", padding=" + std::to_string(options_.padding) + ", dilation=1, ceil_mode=" + (options_.ceil_mode ? "True" : "False");
  }
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor>) const override {
    return inputs[0].numel();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    return torch::max_pool2d(input, options_.kernel_size, options_.stride, options_.padding, /*dilation=*/1, options_.ceil_mode);
  }

 private:
  Options options_;
};

}  // namespace detforge::nn
