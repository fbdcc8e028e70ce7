#pragma once

#include <torch/torch.h>

namespace detforge::nn {

/// What the sigmoid makes `probabilities` of; they are limited to [0, 1] and kept `eps` away from both ends.
inline torch::Tensor inverse_sigmoid(const torch::Tensor& probabilities, double eps = 1e-5) {
  const torch::Tensor limited = probabilities.clamp(0, 1);
  return torch::log(limited.clamp_min(eps) / (1 - limited).clamp_min(eps));
}

}  // namespace detforge::nn
