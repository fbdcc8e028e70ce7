#pragma once

#include "detforge/nn/module.h"

namespace detforge::nn {

/// PyTorch's `Dropout`: in training, each value becomes 0 with probability `p`, the others grow by 1 / (1 - p).
class Dropout : public Layer {
 public:
  struct Options {
    double p = 0.5;
    bool inplace = false;
  };

  explicit Dropout(const Options& options) : Layer("Dropout"), options_(options) {}

  std::string extra_repr() const override {
    return "p=" + detforge::repr(options_.p) + ", inplace=" + (options_.inplace ? "True" : "False");
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    torch::Tensor output = input;
    return options_.inplace ? torch::dropout_(output, options_.p, is_training()) : torch::dropout(input, options_.p, is_training());
  }

 private:
  Options options_;
};

}  // namespace detforge::nn
