#pragma once

#include "detforge/nn/module.h"

namespace detforge::nn {

/// PyTorch's `AvgPool2d` over square windows.
class AvgPool2d : public Layer {
 public:
  struct Options {
    std::int64_t kernel_size = 1;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    bool ceil_mode = false;
    bool count_include_pad = true;
  };

  explicit AvgPool2d(const Options& options) : Layer("AvgPool2d"), options_(options) {}

  std::string extra_repr() const override {
    return "kernel_size=" + std::to_string(options_.kernel_size) + ", stride=" + std::to_string(options_.stride) +
           ", padding=" + std::to_string(options_.padding);
  }
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor>) const override {
    return inputs[0].numel();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    return torch::avg_pool2d(input, options_.kernel_size, options_.stride, options_.padding, options_.ceil_mode,
                             options_.count_include_pad);
  }

 private:
  Options options_;
};

/// PyTorch's `AdaptiveAvgPool2d` to squares: [N, C, H, W] → [N, C, output_size, output_size].
class AdaptiveAvgPool2d : public Layer {
 public:
  /// `given_as_pair`: Python got `(1, 1)` for 1, and prints that.
  explicit AdaptiveAvgPool2d(std::int64_t output_size, bool given_as_pair = false)
      : Layer("AdaptiveAvgPool2d"), output_size_(output_size), given_as_pair_(given_as_pair) {}

  std::string extra_repr() const override {
    const std::string size = std::to_string(output_size_);
    return "output_size=" + (given_as_pair_ ? "(" + size + ", " + size + ")" : size);
  }
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor>) const override {
    return inputs[0].numel();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return torch::adaptive_avg_pool2d(input, {output_size_, output_size_}); }

 private:
  std::int64_t output_size_;
  bool given_as_pair_;
};

}  // namespace detforge::nn
