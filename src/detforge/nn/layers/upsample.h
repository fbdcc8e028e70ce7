#pragma once

#include "detforge/nn/layers/layer_registries.h"
#include "detforge/nn/pair.h"

namespace detforge::nn {

/// PyTorch's `Upsample` of [N, C, H, W], nearest or bilinear, to a size or by a factor.
class Upsample : public Layer {
 public:
  struct Options {
    std::optional<Pair> size = std::nullopt;
    std::optional<double> scale_factor = std::nullopt;
    std::string mode = "nearest";
    std::optional<bool> align_corners = std::nullopt;
    std::optional<bool> recompute_scale_factor = std::nullopt;
  };
  static Arguments<Options> arguments();

  explicit Upsample(const Options& options, const BuildContext& context = {});

  std::string extra_repr() const override;
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) const override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  Options options_;
};

}  // namespace detforge::nn
