#include "detforge/nn/layers/conv1d.h"

#include <cmath>

namespace detforge::nn {

Arguments<Conv1d::Options> Conv1d::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
          arg(&Options::out_channels, "out_channels", required, "channels of the output").at_least(1),
          arg(&Options::kernel_size, "kernel_size", required, "length of the kernel").at_least(1),
          arg(&Options::stride, "stride", "step of the kernel").at_least(1),
          arg(&Options::padding, "padding", "zeros at both ends of the input").at_least(0),
          arg(&Options::dilation, "dilation", "distance between the kernel's elements").at_least(1),
          arg(&Options::groups, "groups", "groups of channels that do not see each other").at_least(1),
          arg(&Options::bias, "bias", "whether a bias is added"),
          arg(&Options::padding_mode, "padding_mode", "what stands around the input").one_of({"zeros"})};
}

Conv1d::Conv1d(const Options& options, const BuildContext&) : Layer("Conv1d"), options_(options) {
  if (options.in_channels % options.groups != 0 || options.out_channels % options.groups != 0) {
    throw ArgumentError("groups", "must divide in_channels and out_channels, got " + std::to_string(options.groups));
  }
  weight_ = register_parameter("weight", torch::empty({options.out_channels, options.in_channels / options.groups, options.kernel_size}));
  if (options.bias) bias_ = register_parameter("bias", torch::empty({options.out_channels}));
}

std::string Conv1d::extra_repr() const {
  const auto one = [](std::int64_t number) { return "(" + std::to_string(number) + ",)"; };
  std::string text = std::to_string(options_.in_channels) + ", " + std::to_string(options_.out_channels) +
                     ", kernel_size=" + one(options_.kernel_size) + ", stride=" + one(options_.stride);
  if (options_.padding != 0) text += ", padding=" + one(options_.padding);
  if (options_.dilation != 1) text += ", dilation=" + one(options_.dilation);
  if (options_.groups != 1) text += ", groups=" + std::to_string(options_.groups);
  if (!options_.bias) text += ", bias=False";
  return text;
}

void Conv1d::reset_parameters() {
  const torch::NoGradGuard no_grad;
  torch::nn::init::kaiming_uniform_(weight_, std::sqrt(5.0));
  if (!bias_.defined()) return;
  const double bound = 1 / std::sqrt(static_cast<double>(weight_.numel() / weight_.size(0)));
  bias_.uniform_(-bound, bound);
}

std::int64_t Conv1d::multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor> outputs) const {
  const std::int64_t positions = outputs[0].numel() / outputs[0].size(1);
  return positions * (weight_.numel() + (bias_.defined() ? bias_.numel() : 0));
}

torch::Tensor Conv1d::compute(const torch::Tensor& input) {
  return torch::conv1d(input, weight_, bias_, options_.stride, options_.padding, options_.dilation, options_.groups);
}

DETFORGE_REGISTER(conv_layers, Conv1d,
                  {.name = "Conv1d", .python = "torch.nn.modules.conv.Conv1d", .meaning = "convolution along one axis"});

}  // namespace detforge::nn
