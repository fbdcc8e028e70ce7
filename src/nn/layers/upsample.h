#pragma once

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge::nn {

/// PyTorch's `Upsample` by a factor, nearest or bilinear.
class Upsample : public Layer {
 public:
  struct Options {
    double scale_factor = 1;
    std::string mode = "nearest";
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::scale_factor, "scale_factor", "output size over input size"),
            arg(&Options::mode, "mode", "how values in between are found").one_of({"nearest", "bilinear"})};
  }

  explicit Upsample(const Options& options, const BuildContext& = {}) : Layer("Upsample"), options_(options) {}

  std::string extra_repr() const override { return "scale_factor=" + detforge::repr(options_.scale_factor) + ", mode=" + options_.mode; }
  std::int64_t multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor> outputs) const override {
    return outputs[0].numel() / outputs[0].size(0);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const std::vector<double> factors = {options_.scale_factor, options_.scale_factor};
    if (options_.mode == "nearest") return torch::upsample_nearest2d(input, c10::nullopt, factors);
    return torch::upsample_bilinear2d(input, c10::nullopt, /*align_corners=*/false, factors);
  }

 private:
  Options options_;
};

}  // namespace detforge::nn
