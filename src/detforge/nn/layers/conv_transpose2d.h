#pragma once

#include "detforge/nn/layers/conv2d.h"

namespace detforge::nn {

/// PyTorch's `ConvTranspose2d`: [N, in_channels, H, W] → [N, out_channels, H', W'] with
/// H' = (H - 1) · stride - 2 · padding + dilation · (kernel_size - 1) + output_padding + 1.
class ConvTranspose2d : public Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    Pair kernel_size = 1;
    Pair stride = 1;
    Pair padding = 0;
    Pair output_padding = 0;
    std::int64_t groups = 1;
    bool bias = true;
    Pair dilation = 1;
    std::string padding_mode = "zeros";
  };
  static Arguments<Options> arguments();

  explicit ConvTranspose2d(const Options& options, const BuildContext& context = {});

  const Options& options() const { return options_; }
  torch::Tensor& weight() { return weight_; }
  torch::Tensor& bias() { return bias_; }

  std::string extra_repr() const override;
  /// mmcv derives its class from one of the same name.
  std::string python_base() const override { return "ConvTranspose2d"; }
  void reset_parameters() override;
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) const override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  /// Whether the pixels' outputs lie side by side, as in a mask head: then all are one matrix product, which libtorch's own takes ten to
  /// twenty times as long for.
  bool is_tiling(const torch::Tensor& input) const;
  torch::Tensor tiles(const torch::Tensor& input) const;

  Options options_;
  torch::Tensor weight_;  // [in_channels, out_channels / groups, kh, kw]
  torch::Tensor bias_;    // [out_channels], undefined without bias
};

}  // namespace detforge::nn
