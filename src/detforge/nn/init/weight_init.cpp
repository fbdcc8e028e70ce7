#include "detforge/nn/init/weight_init.h"

#include <cmath>

namespace detforge::nn {
namespace weight_init {

/// Calls `fill_weight` with the module's own weight and sets its own bias, each where there is one.
template <class Fill>
void apply(Module& module, double bias, Fill&& fill_weight) {
  const torch::NoGradGuard no_grad;
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    torch::Tensor tensor = item.value();
    if (!tensor.defined()) continue;
    if (item.key() == "weight") fill_weight(tensor);
    if (item.key() == "bias") tensor.fill_(bias);
  }
}

}  // namespace weight_init

void constant_init(Module& module, double value, double bias) {
  weight_init::apply(module, bias, [&](torch::Tensor& weight) { weight.fill_(value); });
}

void normal_init(Module& module, double mean, double std, double bias) {
  weight_init::apply(module, bias, [&](torch::Tensor& weight) { weight.normal_(mean, std); });
}

void trunc_normal_init(Module& module, double mean, double std, double low, double high, double bias) {
  weight_init::apply(module, bias, [&](torch::Tensor& weight) { fill_trunc_normal(weight, mean, std, low, high); });
}

void uniform_init(Module& module, double low, double high, double bias) {
  weight_init::apply(module, bias, [&](torch::Tensor& weight) { weight.uniform_(low, high); });
}

void xavier_init(Module& module, double gain, double bias, Distribution distribution) {
  weight_init::apply(module, bias, [&](torch::Tensor& weight) {
    if (distribution == Distribution::Normal) {
      torch::nn::init::xavier_normal_(weight, gain);
    } else {
      torch::nn::init::xavier_uniform_(weight, gain);
    }
  });
}

void kaiming_init(Module& module, const KaimingOptions& options) {
  torch::nn::init::FanModeType mode = torch::kFanOut;
  if (options.mode == FanMode::In) mode = torch::kFanIn;
  torch::nn::init::NonlinearityType nonlinearity = torch::kReLU;
  if (options.nonlinearity == Nonlinearity::LeakyReLU) nonlinearity = torch::kLeakyReLU;
  weight_init::apply(module, options.bias, [&](torch::Tensor& weight) {
    if (options.distribution == Distribution::Normal) {
      torch::nn::init::kaiming_normal_(weight, options.a, mode, nonlinearity);
    } else {
      torch::nn::init::kaiming_uniform_(weight, options.a, mode, nonlinearity);
    }
  });
}

void caffe2_xavier_init(Module& module, double bias) {
  kaiming_init(module, {1, FanMode::In, Nonlinearity::LeakyReLU, bias, Distribution::Uniform});
}

double bias_init_with_prob(double prior_prob) { return -std::log((1 - prior_prob) / prior_prob); }

void fill_trunc_normal(torch::Tensor& tensor, double mean, double std, double low, double high) {
  const torch::NoGradGuard no_grad;
  // Uniform between the bounds' places in the distribution, then back through its inverse.
  const auto place = [&](double bound) { return std::erf((bound - mean) / (std * std::sqrt(2.0))); };
  tensor.uniform_(place(low), place(high)).erfinv_().mul_(std * std::sqrt(2.0)).add_(mean).clamp_(low, high);
}

}  // namespace detforge::nn
