#pragma once

#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// PyTorch's `Conv1d`: [N, in_channels, L] → [N, out_channels, L'], zero padding.
class Conv1d : public Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    std::int64_t kernel_size = 1;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    std::int64_t dilation = 1;
    std::int64_t groups = 1;
    bool bias = true;
    std::string padding_mode = "zeros";
  };
  static Arguments<Options> arguments();

  explicit Conv1d(const Options& options, const BuildContext& context = {});

  std::string extra_repr() const override;
  void reset_parameters() override;
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) const override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  Options options_;
  torch::Tensor weight_;  // [out_channels, in_channels / groups, kernel_size]
  torch::Tensor bias_;    // [out_channels], undefined without bias
};

}  // namespace detforge::nn
