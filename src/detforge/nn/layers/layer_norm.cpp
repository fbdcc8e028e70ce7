#include "detforge/nn/layers/layer_norm.h"

namespace detforge::nn {

Arguments<LayerNorm::Options> LayerNorm::arguments() {
  return {arg(&Options::normalized_shape, "normalized_shape", required, "sizes of the last dimensions"),
          arg(&Options::eps, "eps", "added to the variance"),
          arg(&Options::elementwise_affine, "elementwise_affine", "whether weight and bias are learnt")};
}

LayerNorm::LayerNorm(const Options& options, const BuildContext&) : Layer("LayerNorm"), eps_(options.eps) {
  const auto* size = std::get_if<std::int64_t>(&options.normalized_shape);
  shape_ = size != nullptr ? std::vector<std::int64_t>{*size} : std::get<1>(options.normalized_shape);
  if (!options.elementwise_affine) return;
  weight_ = register_parameter("weight", torch::empty(shape_));
  bias_ = register_parameter("bias", torch::empty(shape_));
}

std::string LayerNorm::extra_repr() const {
  const Value shape = Value::tuple(Value::Elements(shape_.begin(), shape_.end()));
  return detforge::repr(shape) + ", eps=" + detforge::repr(eps_) + ", elementwise_affine=" + (weight_.defined() ? "True" : "False");
}

void LayerNorm::reset_parameters() {
  if (!weight_.defined()) return;
  const torch::NoGradGuard no_grad;
  weight_.fill_(1);
  bias_.zero_();
}

std::int64_t LayerNorm::multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor>) const {
  return inputs[0].numel() * (weight_.defined() ? 2 : 1);
}

torch::Tensor LayerNorm::compute(const torch::Tensor& input) { return torch::layer_norm(input, shape_, weight_, bias_, eps_); }

DETFORGE_REGISTER(norm_layers, LayerNorm,
                  {.name = "LN", .python = "torch.nn.modules.normalization.LayerNorm", .meaning = "layer normalisation"});

}  // namespace detforge::nn
