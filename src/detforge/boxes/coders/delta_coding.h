#pragma once

#include <torch/torch.h>

#include <array>

namespace detforge {

/// R-CNN's code (arXiv 1311.2524) of a box relative to a prior: the centre's move in widths and heights, the logarithms of the
/// ratios of the sides, shifted by `means` and divided by `stds`. `inclusive_px` is 1 where sides count both end pixels (V1.x), else 0.
struct DeltaCoding {
  std::array<double, 4> means = {0, 0, 0, 0};
  std::array<double, 4> stds = {1, 1, 1, 1};
  double inclusive_px = 0;

  /// Deltas [..., 4] of `gt` at `priors`, both [..., 4].
  torch::Tensor encode(const torch::Tensor& priors, const torch::Tensor& gt) const;

  /// How far decoded boxes may get from their priors.
  struct Limits {
    double min_log_size;  ///< of the ratio of the sides; minus infinity: none
    double max_log_size;
    double max_move_px;  ///< of the centre; infinity: none
  };
  /// Boxes [..., 4k] of `deltas` [..., 4k] at `priors` [..., 4].
  torch::Tensor decode(const torch::Tensor& priors, const torch::Tensor& deltas, const Limits& limits) const;
};

}  // namespace detforge
