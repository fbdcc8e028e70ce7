#include "detforge/nn/layers/conv2d.h"

#include <ATen/TracerMode.h>

#include <cmath>

namespace detforge::nn {

Arguments<Conv2d::Options> Conv2d::arguments() {
  return {
      arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
      arg(&Options::out_channels, "out_channels", required, "channels of the output").at_least(1),
      arg(&Options::kernel_size, "kernel_size", required, "height and width of the kernel"),
      arg(&Options::stride, "stride", "step of the kernel"),
      arg(&Options::padding, "padding", "rows and columns added around the input"),
      arg(&Options::dilation, "dilation", "distance between the kernel's elements"),
      arg(&Options::groups, "groups", "groups of channels that do not see each other").at_least(1),
      arg(&Options::bias, "bias", "whether a bias is added"),
      arg(&Options::padding_mode, "padding_mode", "what stands around the input").one_of({"zeros", "reflect", "replicate", "circular"})};
}

Conv2d::Conv2d(const Options& options, const BuildContext&) : Conv2d("Conv2d", options) {}

Conv2d::Conv2d(std::string python_name, const Options& options) : Layer(std::move(python_name)), options_(options) {
  if (options.in_channels % options.groups != 0 || options.out_channels % options.groups != 0) {
    throw ArgumentError("groups", "must divide in_channels and out_channels, got " + std::to_string(options.groups));
  }
  const auto& kernel = options.kernel_size;
  weight_ =
      register_parameter("weight", torch::empty({options.out_channels, options.in_channels / options.groups, kernel.height, kernel.width}));
  if (options.bias) bias_ = register_parameter("bias", torch::empty({options.out_channels}));
}

torch::Tensor Conv2d::rename_weight(const std::string& name) {
  const torch::Tensor weight = weight_;
  parameters_.erase("weight");
  return register_parameter(name, weight);
}

std::string Conv2d::extra_repr() const {
  std::string text = std::to_string(options_.in_channels) + ", " + std::to_string(options_.out_channels) +
                     ", kernel_size=" + options_.kernel_size.text() + ", stride=" + options_.stride.text();
  if (options_.padding != Pair(0)) text += ", padding=" + options_.padding.text();
  if (options_.dilation != Pair(1)) text += ", dilation=" + options_.dilation.text();
  if (options_.groups != 1) text += ", groups=" + std::to_string(options_.groups);
  if (!options_.bias) text += ", bias=False";
  if (options_.padding_mode != "zeros") text += ", padding_mode=" + options_.padding_mode;
  return text;
}

void Conv2d::reset_parameters() {
  const torch::NoGradGuard no_grad;
  torch::nn::init::kaiming_uniform_(weight_, std::sqrt(5.0));
  if (!bias_.defined()) return;
  const double fan_in = static_cast<double>(weight_.numel() / weight_.size(0));
  const double bound = fan_in > 0 ? 1 / std::sqrt(fan_in) : 0;
  bias_.uniform_(-bound, bound);
}

std::int64_t Conv2d::multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor> outputs) const {
  const torch::Tensor& output = outputs[0];
  const std::int64_t positions = output.numel() / output.size(1);
  return positions * (weight_.numel() + (bias_.defined() ? bias_.numel() : 0));
}

namespace conv2d_detail {

/// libtorch convolves one small image by BLAS, whose threads wait for the cores that OpenMP's keep busy: the last levels of a pyramid
/// then take longer than the first. This asks for oneDNN, as larger images have it, where no gradient is needed.
bool wants_onednn(const torch::Tensor& image, const torch::Tensor& weight) {
  constexpr std::int64_t small = 20480;  // elements; libtorch's own bound
  return image.numel() <= small && image.numel() > 0 && image.dim() == 4 && image.size(0) == 1 && image.is_cpu() && weight.is_cpu() &&
         image.scalar_type() == torch::kFloat && weight.scalar_type() == torch::kFloat && at::globalContext().hasMKLDNN() &&
         at::globalContext().userEnabledMkldnn() && !torch::GradMode::is_enabled() && !at::tracer::impl::is_dispatch_enabled();
}

}  // namespace conv2d_detail

torch::Tensor Conv2d::compute(const torch::Tensor& input) { return convolve(input, weight_); }

torch::Tensor Conv2d::convolve(const torch::Tensor& input, const torch::Tensor& weight) const {
  const auto convolved = [&](const torch::Tensor& image, const Pair& padding) {
    if (conv2d_detail::wants_onednn(image, weight)) {
      const bool channels_last = weight.suggest_memory_format() == torch::MemoryFormat::ChannelsLast;
      const auto layout = channels_last ? torch::MemoryFormat::ChannelsLast : image.suggest_memory_format();
      return torch::mkldnn_convolution(image.contiguous(layout), weight.contiguous(layout), bias_, padding.array(), options_.stride.array(),
                                       options_.dilation.array(), options_.groups);
    }
    return torch::conv2d(image, weight, bias_, options_.stride.array(), padding.array(), options_.dilation.array(), options_.groups);
  };
  if (options_.padding_mode == "zeros") return convolved(input, options_.padding);
  const Pair& around = options_.padding;
  const std::vector<std::int64_t> sides = {around.width, around.width, around.height, around.height};
  torch::nn::functional::PadFuncOptions pad(sides);
  if (options_.padding_mode == "reflect") pad.mode(torch::kReflect);
  if (options_.padding_mode == "replicate") pad.mode(torch::kReplicate);
  if (options_.padding_mode == "circular") pad.mode(torch::kCircular);
  return convolved(torch::nn::functional::pad(input, pad), 0);
}

/// mmcv's `Conv2d` differs only for empty inputs of old PyTorch versions.
class MmcvConv2d : public Conv2d {
 public:
  using Conv2d::Conv2d;
  std::string python_base() const override { return "Conv2d"; }
};

DETFORGE_REGISTER(conv_layers, Conv2d, {.name = "Conv2d", .python = "torch.nn.modules.conv.Conv2d", .meaning = "convolution"});
DETFORGE_REGISTER(conv_layers, MmcvConv2d, {.name = "Conv", .python = "mmcv.cnn.bricks.wrappers.Conv2d", .meaning = "convolution"});

}  // namespace detforge::nn
