#pragma once

#include <torch/torch.h>

#include "detforge/kernels/carafe.h"

namespace detforge::ops {

using kernels::CarafeOptions;

/// CARAFE (arXiv 1905.02188), content-aware enlarging: `input` [N, C, H, W], `masks` [N, group_size · kernel_size², H·s, W·s] →
/// [N, C, H·s, W·s] with s = scale_factor: output[n, c, Y, X] = Σ masks[n, g(c)·k² + i·k + j, Y, X] · input[n, c, Y/s + i - k/2, X/s + j -
/// k/2], 0 outside of the map. Throws `Error` for sizes that do not fit.
torch::Tensor carafe(const torch::Tensor& input, const torch::Tensor& masks, const CarafeOptions& options);

/// The same out of ATen's operators, on any device: the definition.
torch::Tensor carafe_reference(const torch::Tensor& input, const torch::Tensor& masks, const CarafeOptions& options);

}  // namespace detforge::ops
