#include "detforge/nn/layers/linear.h"

#include <cmath>

namespace detforge::nn {

Linear::Linear(const Options& options) : Linear("Linear", options) {}

Linear::Linear(std::string python_name, const Options& options) : Layer(std::move(python_name)), options_(options) {
  weight_ = register_parameter("weight", torch::empty({options.out_features, options.in_features}));
  if (options.bias) bias_ = register_parameter("bias", torch::empty({options.out_features}));
}

std::string Linear::extra_repr() const {
  return "in_features=" + std::to_string(options_.in_features) + ", out_features=" + std::to_string(options_.out_features) +
         ", bias=" + (options_.bias ? "True" : "False");
}

void Linear::reset_parameters() {
  const torch::NoGradGuard no_grad;
  torch::nn::init::kaiming_uniform_(weight_, std::sqrt(5.0));
  if (!bias_.defined() || options_.in_features == 0) return;
  const double bound = 1 / std::sqrt(static_cast<double>(options_.in_features));
  bias_.uniform_(-bound, bound);
}

std::int64_t Linear::multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor>) const {
  return inputs[0].numel() * options_.out_features;
}

torch::Tensor Linear::compute(const torch::Tensor& input) { return torch::linear(input, weight_, bias_); }

}  // namespace detforge::nn
