#pragma once

#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// PyTorch's `LayerNorm`: mean 0 and variance 1 over the last dimensions, which have the sizes `normalized_shape`.
class LayerNorm : public Layer {
 public:
  struct Options {
    std::variant<std::int64_t, std::vector<std::int64_t>> normalized_shape = 1;
    double eps = 1e-5;
    bool elementwise_affine = true;
  };
  static Arguments<Options> arguments();

  explicit LayerNorm(const Options& options, const BuildContext& context = {});

  std::string extra_repr() const override;
  std::string abbreviation() const override { return "ln"; }
  void reset_parameters() override;
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) const override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  std::vector<std::int64_t> shape_;
  double eps_;
  torch::Tensor weight_;  // of shape_
  torch::Tensor bias_;    // of shape_
};

}  // namespace detforge::nn
