#pragma once

#include <torch/torch.h>

namespace detforge {

/// Sums over all places, for each prediction and object: `on` where the object is, `off` where it is not. `on` and `off` are [Q, ...],
/// `masks` [G, ...] 0 or 1: [Q, G].
inline torch::Tensor sum_over_masks(const torch::Tensor& on, const torch::Tensor& off, const torch::Tensor& masks) {
  const torch::Tensor inside = masks.flatten(1).to(on.scalar_type());
  return on.flatten(1).matmul(inside.t()) + off.flatten(1).matmul((1 - inside).t());
}

}  // namespace detforge
