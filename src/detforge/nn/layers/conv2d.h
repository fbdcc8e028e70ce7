#pragma once

#include <array>

#include "detforge/nn/layers/layer_registries.h"
#include "detforge/nn/module.h"
#include "detforge/nn/pair.h"
#include "detforge/registry/registry.h"

namespace detforge::nn {

/// PyTorch's `Conv2d`: [N, in_channels, H, W] → [N, out_channels, H', W'].
class Conv2d : public Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    Pair kernel_size = 1;
    Pair stride = 1;
    Pair padding = 0;
    Pair dilation = 1;
    std::int64_t groups = 1;
    bool bias = true;
    std::string padding_mode = "zeros";
  };
  static Arguments<Options> arguments();

  explicit Conv2d(const Options& options, const BuildContext& context = {});
  /// For layers that compute their weight first.
  Conv2d(std::string python_name, const Options& options);

  const Options& options() const { return options_; }
  torch::Tensor& weight() { return weight_; }
  torch::Tensor& bias() { return bias_; }
  /// Keeps the parameter `weight` under another name, for a layer whose weight is computed from it.
  torch::Tensor rename_weight(const std::string& name);

  std::string extra_repr() const override;
  std::string python_base() const override { return "_ConvNd"; }
  void reset_parameters() override;
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) const override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;
  /// The convolution with another weight of the same shape.
  torch::Tensor convolve(const torch::Tensor& input, const torch::Tensor& weight) const;

 private:
  Options options_;
  torch::Tensor weight_;  // [out_channels, in_channels / groups, kh, kw]
  torch::Tensor bias_;    // [out_channels], undefined without bias
};

}  // namespace detforge::nn
