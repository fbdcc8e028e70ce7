#include "detforge/models/losses/gradient_histogram.h"

namespace detforge {

GradientHistogram::GradientHistogram(std::int64_t bins, double momentum, float past_the_end, const RegisterBuffer& register_buffer)
    : momentum_(momentum) {
  torch::Tensor edges = torch::arange(bins + 1).to(torch::kFloat) / static_cast<double>(bins);
  edges[-1] = past_the_end;
  edges_ = register_buffer("edges", edges);
  if (momentum > 0) acc_sum_ = register_buffer("acc_sum", torch::zeros({bins}));
}

torch::Tensor GradientHistogram::weights(const torch::Tensor& lengths, const torch::Tensor& valid, double total) {
  const torch::NoGradGuard no_grad;
  torch::Tensor weights = torch::zeros_like(lengths);
  std::int64_t filled = 0;
  for (std::int64_t bin = 0; bin + 1 < edges_.size(0); ++bin) {
    const torch::Tensor members = (lengths >= edges_[bin]) & (lengths < edges_[bin + 1]) & valid;
    const auto count = static_cast<double>(members.sum().item<std::int64_t>());
    if (count == 0) continue;
    ++filled;
    if (acc_sum_.defined()) {
      acc_sum_[bin] = momentum_ * acc_sum_[bin] + (1 - momentum_) * count;
      weights.masked_fill_(members, total / acc_sum_[bin].item<double>());
    } else {
      weights.masked_fill_(members, total / count);
    }
  }
  return filled > 0 ? weights / static_cast<double>(filled) : weights;
}

}  // namespace detforge
