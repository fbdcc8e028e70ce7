#pragma once

#include <torch/torch.h>

#include <limits>
#include <vector>

namespace detforge {

/// For each `k` of `topk` the percentage [1] of rows of `prediction` [N, C] whose `target` [N] is among the k highest
/// values that are above `threshold`; 0 (a scalar) without rows. Throws `Error` when k exceeds C.
std::vector<torch::Tensor> accuracy(const torch::Tensor& prediction, const torch::Tensor& target, const std::vector<std::int64_t>& topk,
                                    double threshold = -std::numeric_limits<double>::infinity());

/// The same for k = 1.
inline torch::Tensor accuracy(const torch::Tensor& prediction, const torch::Tensor& target) {
  return accuracy(prediction, target, {1}).front();
}

}  // namespace detforge
