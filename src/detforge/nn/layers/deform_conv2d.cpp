#include "detforge/nn/layers/deform_conv2d.h"

#include <array>
#include <cmath>

namespace detforge::nn {

void DeformConvArguments::check() const {
  if (in_channels % groups != 0 || out_channels % groups != 0) {
    throw ArgumentError("groups", "must divide in_channels and out_channels, got " + std::to_string(groups));
  }
  const std::int64_t deform = deformable_groups.value_or(deform_groups);
  if (in_channels % deform != 0) throw ArgumentError("deform_groups", "must divide in_channels, got " + std::to_string(deform));
}

ops::DeformConvOptions DeformConvArguments::options() const {
  return {.stride = stride.array(),
          .padding = padding.array(),
          .dilation = dilation.array(),
          .groups = groups,
          .deform_groups = deformable_groups.value_or(deform_groups)};
}

torch::Tensor DeformConvArguments::empty_weight() const {
  return torch::empty({out_channels, in_channels / groups, kernel_size.height, kernel_size.width});
}

std::shared_ptr<Conv2d> DeformConvArguments::offset_conv(std::int64_t per_element, const BuildContext& context) const {
  Conv2d::Options conv;
  conv.in_channels = in_channels;
  conv.out_channels = options().deform_groups * per_element * kernel_size.height * kernel_size.width;
  conv.kernel_size = kernel_size;
  conv.stride = stride;
  conv.padding = padding;
  conv.dilation = dilation;
  return std::make_shared<Conv2d>(conv, context);
}

std::string DeformConvArguments::text(const std::string& python_name) const {
  return python_name + "(in_channels=" + std::to_string(in_channels) + ",\nout_channels=" + std::to_string(out_channels) +
         ",\nkernel_size=" + kernel_size.text() + ",\nstride=" + stride.text() + ",\npadding=" + padding.text() +
         ",\ndilation=" + dilation.text() + ",\ngroups=" + std::to_string(groups) +
         ",\ndeform_groups=" + std::to_string(options().deform_groups) + ",\nbias=False)";
}

void reset_deform_weight(const torch::Tensor& weight, std::int64_t in_channels, Reference reference) {
  const torch::NoGradGuard no_grad;
  if (reference == Reference::V2_27) {
    torch::nn::init::kaiming_uniform_(weight, 0, torch::kFanIn, torch::kReLU);
    return;
  }
  const double bound = 1 / std::sqrt(static_cast<double>(in_channels * weight.size(2) * weight.size(3)));
  torch::nn::init::uniform_(weight, -bound, bound);
}

DeformConv2d::DeformConv2d(const Options& options, const BuildContext& context)
    : Module("DeformConv2d"), options_(options), reference_(context.reference) {
  options.check();
  weight_ = register_parameter("weight", options.empty_weight());
}

torch::Tensor DeformConv2d::forward(const torch::Tensor& input, const torch::Tensor& offset) {
  const std::array<torch::Tensor, 2> inputs = {input, offset};
  return observed(*this, inputs, [&] {
    // A map that is smaller than the kernel is enlarged below and to the right, and the output cut again.
    const std::int64_t below = std::max<std::int64_t>(options_.kernel_size.height - input.size(2), 0);
    const std::int64_t right = std::max<std::int64_t>(options_.kernel_size.width - input.size(3), 0);
    if (below == 0 && right == 0) return ops::deform_conv2d(input, offset, weight_, options_.options());
    const std::vector<std::int64_t> padding = {0, right, 0, below};
    const torch::Tensor output =
        ops::deform_conv2d(torch::constant_pad_nd(input, padding), torch::constant_pad_nd(offset, padding), weight_, options_.options());
    return output.slice(2, 0, output.size(2) - below).slice(3, 0, output.size(3) - right).contiguous();
  });
}

std::optional<std::string> DeformConv2d::own_repr() const {
  if (reference_ == Reference::V2_8) return std::nullopt;
  return options_.text(python_name());
}

void DeformConv2d::reset_parameters() { reset_deform_weight(weight_, options_.in_channels, reference_); }

ModulatedDeformConv2d::ModulatedDeformConv2d(const Options& options, const BuildContext&)
    : Module("ModulatedDeformConv2d"), options_(options) {
  options.check();
  weight_ = register_parameter("weight", options.empty_weight());
  if (options.bias) bias_ = register_parameter("bias", torch::empty({options.out_channels}));
}

torch::Tensor ModulatedDeformConv2d::forward(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& mask) {
  const std::array<torch::Tensor, 3> inputs = {input, offset, mask};
  return observed(*this, inputs, [&] { return ops::modulated_deform_conv2d(input, offset, mask, weight_, bias_, options_.options()); });
}

void ModulatedDeformConv2d::reset_parameters() {
  reset_deform_weight(weight_, options_.in_channels, Reference::V2_8);
  if (bias_.defined()) torch::nn::init::zeros_(bias_);
}

}  // namespace detforge::nn
