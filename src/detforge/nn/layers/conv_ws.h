#pragma once

#include "detforge/nn/layers/conv2d.h"

namespace detforge::nn {

/// mmcv's `ConvAWS2d` (DetectoRS, arXiv 2006.02334): the weight of each output channel, brought to mean 0 and variance 1,
/// times `weight_gamma` plus `weight_beta`, both [out_channels, 1, 1, 1]. They are what a plain weight had when it is
/// loaded without them: 1 and 0 here.
class ConvAWS2d : public Conv2d {
 public:
  static Arguments<Options> arguments();

  explicit ConvAWS2d(const Options& options, const BuildContext& context = {}) : ConvAWS2d("ConvAWS2d", options, context) {}

  std::string python_base() const override { return "Conv2d"; }
  void reset_parameters() override;
  /// Sets `weight_gamma` and `weight_beta` so that the layer does what a plain convolution with its weight would.
  void take_statistics_of_weight();
  std::int64_t multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor>) const override { return 0; }

 protected:
  ConvAWS2d(std::string python_name, const Options& options, const BuildContext& context);
  torch::Tensor compute(const torch::Tensor& input) override { return convolve(input, standardised(weight())); }
  /// A weight of the layer's shape, standardised as above.
  torch::Tensor standardised(const torch::Tensor& weight) const;

 private:
  torch::Tensor weight_gamma_;
  torch::Tensor weight_beta_;
};

}  // namespace detforge::nn
