#pragma once

#include "detforge/nn/module.h"

namespace detforge::nn {

/// PyTorch's `ConvTranspose1d` without padding: [N, in_channels, L] → [N, out_channels, (L - 1) · stride + kernel_size].
class ConvTranspose1d : public Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    std::int64_t kernel_size = 1;
    std::int64_t stride = 1;
  };

  explicit ConvTranspose1d(const Options& options);

  std::string extra_repr() const override;
  void reset_parameters() override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  Options options_;
  torch::Tensor weight_;  // [in_channels, out_channels, kernel_size]
  torch::Tensor bias_;    // [out_channels]
};

}  // namespace detforge::nn
