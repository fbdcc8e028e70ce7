#include "detforge/models/losses/accuracy.h"

#include <algorithm>

#include "detforge/base/error.h"

namespace detforge {

std::vector<torch::Tensor> accuracy(const torch::Tensor& prediction, const torch::Tensor& target, const std::vector<std::int64_t>& topk,
                                    double threshold) {
  const torch::NoGradGuard no_grad;
  if (prediction.size(0) == 0) return std::vector<torch::Tensor>(topk.size(), torch::zeros({}, prediction.options()));
  const std::int64_t most = *std::max_element(topk.begin(), topk.end());
  if (most > prediction.size(1)) {
    throw Error("accuracy: the best " + std::to_string(most) + " of " + std::to_string(prediction.size(1)) + " classes are asked for");
  }
  const auto [values, labels] = prediction.topk(most, 1);
  const torch::Tensor correct = (labels == target.view({-1, 1})) & (values > threshold);
  std::vector<torch::Tensor> percentages;
  for (const std::int64_t k : topk) {
    percentages.push_back(correct.slice(1, 0, k).reshape({-1}).to(torch::kFloat).sum(0, /*keepdim=*/true) *
                          (100.0 / static_cast<double>(prediction.size(0))));
  }
  return percentages;
}

}  // namespace detforge
