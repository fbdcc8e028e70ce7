#pragma once

#include <torch/torch.h>

#include <functional>

namespace detforge {

/// The histogram of gradient lengths in [0, 1] that GHM-C and GHM-R (arXiv 1811.05181) keep, with a moving average where
/// `momentum` is above 0. Its tensors are buffers of the loss: `edges` [bins + 1] and `acc_sum` [bins].
class GradientHistogram {
 public:
  using RegisterBuffer = std::function<torch::Tensor(const char* name, const torch::Tensor& initial)>;

  /// `past_the_end` is the last edge.
  GradientHistogram(std::int64_t bins, double momentum, float past_the_end, const RegisterBuffer& register_buffer);

  /// Counts the lengths that are `valid` and gives each element `total` over the size of its bin, over the number of bins
  /// that are not empty; 0 for those that are not valid.
  torch::Tensor weights(const torch::Tensor& lengths, const torch::Tensor& valid, double total);

 private:
  double momentum_;
  torch::Tensor edges_;
  torch::Tensor acc_sum_;  // undefined without momentum
};

}  // namespace detforge
