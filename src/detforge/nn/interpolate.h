#pragma once

#include <optional>

#include "detforge/config/value.h"
#include "detforge/registry/arguments.h"

#include <torch/torch.h>

namespace detforge::nn {

/// How PyTorch's `interpolate` finds the values of another size, as `upsample_cfg=dict(mode='nearest')` says it.
struct Interpolation {
  std::string mode = "nearest";
  std::optional<double> scale_factor;  ///< instead of a size
  std::optional<bool> align_corners;

  static Arguments<Interpolation> arguments();
  /// Out of the config `config`, which messages call `name`. Throws `Error` at the place in it.
  static Interpolation from(const std::string& name, const Value& config, const BuildContext& context);

  /// [N, C, H, W] → [N, C, height, width], or by the factor where there is one.
  torch::Tensor operator()(const torch::Tensor& input, torch::IntArrayRef size) const;
};

}  // namespace detforge::nn
