#include "detforge/nn/layers/conv_transpose1d.h"

#include <cmath>

namespace detforge::nn {

ConvTranspose1d::ConvTranspose1d(const Options& options) : Layer("ConvTranspose1d"), options_(options) {
  weight_ = register_parameter("weight", torch::empty({options.in_channels, options.out_channels, options.kernel_size}));
  bias_ = register_parameter("bias", torch::empty({options.out_channels}));
}

std::string ConvTranspose1d::extra_repr() const {
  const auto one = [](std::int64_t number) { return "(" + std::to_string(number) + ",)"; };
  return std::to_string(options_.in_channels) + ", " + std::to_string(options_.out_channels) +
         ", kernel_size=" + one(options_.kernel_size) + ", stride=" + one(options_.stride);
}

void ConvTranspose1d::reset_parameters() {
  const torch::NoGradGuard no_grad;
  torch::nn::init::kaiming_uniform_(weight_, std::sqrt(5.0));
  const double bound = 1 / std::sqrt(static_cast<double>(weight_.numel() / weight_.size(0)));
  bias_.uniform_(-bound, bound);
}

torch::Tensor ConvTranspose1d::compute(const torch::Tensor& input) {
  return torch::conv_transpose1d(input, weight_, bias_, options_.stride);
}

}  // namespace detforge::nn
