#pragma once

#include "detforge/nn/module.h"

namespace detforge::nn {

/// PyTorch's `Linear`: [..., in_features] → [..., out_features].
class Linear : public Layer {
 public:
  struct Options {
    std::int64_t in_features = 0;
    std::int64_t out_features = 0;
    bool bias = true;
  };

  explicit Linear(const Options& options);
  /// For layers that compute their weight first.
  Linear(std::string python_name, const Options& options);

  const Options& options() const { return options_; }
  torch::Tensor& weight() { return weight_; }
  torch::Tensor& bias() { return bias_; }

  std::string extra_repr() const override;
  void reset_parameters() override;
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) const override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  Options options_;
  torch::Tensor weight_;  // [out_features, in_features]
  torch::Tensor bias_;    // [out_features], undefined without bias
};

}  // namespace detforge::nn
