#pragma once

#include "detforge/nn/activations/inplace_options.h"
#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// max(x, 0).
class ReLU : public Layer {
 public:
  using Options = InplaceOptions;
  static Arguments<Options> arguments() { return inplace_arguments(); }

  explicit ReLU(const Options& options = {}, const BuildContext& = {}) : Layer("ReLU"), inplace_(options.inplace) {}

  std::string extra_repr() const override { return inplace_repr(inplace_); }

  std::int64_t multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor> outputs) const override {
    return outputs[0].numel();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    torch::Tensor output = input;
    return inplace_ ? output.relu_() : output.relu();
  }

 private:
  bool inplace_;
};

}  // namespace detforge::nn
