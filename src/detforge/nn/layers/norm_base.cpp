#include "detforge/nn/layers/norm_base.h"

namespace detforge::nn {

Arguments<NormBase::Options> NormBase::arguments() {
  return {arg(&Options::num_features, "num_features", required, "channels of the input").at_least(1),
          arg(&Options::eps, "eps", "added to the variance"),
          arg(&Options::momentum, "momentum", "weight of a batch in the running statistics; None: their plain mean"),
          arg(&Options::affine, "affine", "whether weight and bias are learnt"),
          arg(&Options::track_running_stats, "track_running_stats", "whether running statistics are kept")};
}

NormBase::NormBase(std::string python_name, const Options& options) : Layer(std::move(python_name)), options_(options) {
  if (options.affine) {
    weight_ = register_parameter("weight", torch::empty({options.num_features}));
    bias_ = register_parameter("bias", torch::empty({options.num_features}));
  }
  if (options.track_running_stats) {
    running_mean_ = register_buffer("running_mean", torch::empty({options.num_features}));
    running_var_ = register_buffer("running_var", torch::empty({options.num_features}));
    num_batches_tracked_ = register_buffer("num_batches_tracked", torch::zeros({}, torch::kLong));
  }
}

std::string NormBase::extra_repr() const {
  const auto flag = [](bool value) { return value ? "True" : "False"; };
  return std::to_string(options_.num_features) + ", eps=" + std::visit([](auto value) { return detforge::repr(value); }, options_.eps) +
         ", momentum=" + (options_.momentum ? detforge::repr(*options_.momentum) : "None") + ", affine=" + flag(options_.affine) +
         ", track_running_stats=" + flag(options_.track_running_stats);
}

void NormBase::reset_parameters() {
  const torch::NoGradGuard no_grad;
  if (weight_.defined()) {
    weight_.fill_(1);
    bias_.zero_();
  }
  if (running_mean_.defined()) {
    running_mean_.zero_();
    running_var_.fill_(1);
    num_batches_tracked_.zero_();
  }
}

std::int64_t NormBase::multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor>) const {
  return inputs[0].numel() * (options_.affine ? 2 : 1);
}

bool NormBase::fuse_into(Conv2d& conv) {
  if (is_fused_ || !running_mean_.defined() || conv.options().out_channels != options_.num_features) return false;
  const torch::NoGradGuard no_grad;
  torch::Tensor factor = torch::rsqrt(running_var_ + eps());
  if (weight_.defined()) factor = factor * weight_;
  torch::Tensor bias = conv.bias().defined() ? (conv.bias() - running_mean_) * factor : -running_mean_ * factor;
  if (bias_.defined()) bias = bias + bias_;
  conv.weight().mul_(factor.view({-1, 1, 1, 1}));
  conv.bias() = bias;
  is_fused_ = true;
  return true;
}

std::optional<NormBase::Affine> NormBase::affine() const {
  if (is_fused_ || is_training() || !running_mean_.defined() || !running_mean_.is_cpu() || running_mean_.scalar_type() != torch::kFloat) {
    return std::nullopt;
  }
  torch::Tensor scale = (running_var_ + eps()).rsqrt();
  if (weight_.defined()) scale = scale * weight_;
  torch::Tensor shift = -running_mean_ * scale;
  if (bias_.defined()) shift = shift + bias_;
  return Affine{scale, shift};
}

torch::Tensor NormBase::batch_norm(const torch::Tensor& input) {
  if (is_fused_) return input;
  if (is_training() && input.numel() == input.size(1)) {
    throw Error("a batch norm in training needs more than one value per channel, got an input of shape " + c10::str(input.sizes()));
  }
  double momentum = options_.momentum.value_or(0);
  if (is_training() && num_batches_tracked_.defined()) {
    num_batches_tracked_.add_(1);
    if (!options_.momentum) momentum = 1 / num_batches_tracked_.item<double>();
  }
  const bool batch_statistics = is_training() || !running_mean_.defined();
  return torch::batch_norm(input, weight_, bias_, running_mean_, running_var_, batch_statistics, momentum, eps(),
                           /*cudnn_enabled=*/true);
}

}  // namespace detforge::nn
