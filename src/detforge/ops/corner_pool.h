#pragma once

#include <torch/torch.h>

#include "detforge/kernels/corner_pool.h"

namespace detforge::ops {

using kernels::CornerPoolMode;

/// Corner pooling (CornerNet, arXiv 1808.01244): `input` [N, C, H, W] → the same size, each pixel the largest value from it to the border
/// of the map: downwards for `Top`, upwards for `Bottom`, to the right for `Left`, to the left for `Right`. Of equal values the one
/// nearest to the pixel gets the gradient. Throws `Error` for an input that is no batch of maps.
torch::Tensor corner_pool(const torch::Tensor& input, CornerPoolMode mode);

/// The same out of ATen's operators, on any device: the definition.
torch::Tensor corner_pool_reference(const torch::Tensor& input, CornerPoolMode mode);

}  // namespace detforge::ops
