#include "detforge/nn/layers/conv_transpose2d.h"

#include <cmath>

namespace detforge::nn {

Arguments<ConvTranspose2d::Options> ConvTranspose2d::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
          arg(&Options::out_channels, "out_channels", required, "channels of the output").at_least(1),
          arg(&Options::kernel_size, "kernel_size", required, "height and width of the kernel"),
          arg(&Options::stride, "stride", "how far apart input pixels lie in the output"),
          arg(&Options::padding, "padding", "rows and columns cut off around the output"),
          arg(&Options::output_padding, "output_padding", "rows and columns added at the output's lower and right end"),
          arg(&Options::groups, "groups", "groups of channels that do not see each other").at_least(1),
          arg(&Options::bias, "bias", "whether a bias is added"),
          arg(&Options::dilation, "dilation", "distance between the kernel's elements"),
          arg(&Options::padding_mode, "padding_mode", "what stands around the input").one_of({"zeros"})};
}

ConvTranspose2d::ConvTranspose2d(const Options& options, const BuildContext&) : Layer("ConvTranspose2d"), options_(options) {
  if (options.in_channels % options.groups != 0 || options.out_channels % options.groups != 0) {
    throw ArgumentError("groups", "must divide in_channels and out_channels, got " + std::to_string(options.groups));
  }
  const auto& kernel = options.kernel_size;
  weight_ =
      register_parameter("weight", torch::empty({options.in_channels, options.out_channels / options.groups, kernel.height, kernel.width}));
  if (options.bias) bias_ = register_parameter("bias", torch::empty({options.out_channels}));
}

std::string ConvTranspose2d::extra_repr() const {
  std::string text = std::to_string(options_.in_channels) + ", " + std::to_string(options_.out_channels) +
                     ", kernel_size=" + options_.kernel_size.text() + ", stride=" + options_.stride.text();
  if (options_.padding != Pair(0)) text += ", padding=" + options_.padding.text();
  if (options_.dilation != Pair(1)) text += ", dilation=" + options_.dilation.text();
  if (options_.output_padding != Pair(0)) text += ", output_padding=" + options_.output_padding.text();
  if (options_.groups != 1) text += ", groups=" + std::to_string(options_.groups);
  if (!options_.bias) text += ", bias=False";
  return text;
}

void ConvTranspose2d::reset_parameters() {
  const torch::NoGradGuard no_grad;
  torch::nn::init::kaiming_uniform_(weight_, std::sqrt(5.0));
  if (!bias_.defined()) return;
  const double bound = 1 / std::sqrt(static_cast<double>(weight_.numel() / weight_.size(0)));
  bias_.uniform_(-bound, bound);
}

std::int64_t ConvTranspose2d::multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) const {
  const std::int64_t positions = inputs[0].numel() / inputs[0].size(1);
  return positions * weight_.numel() + (bias_.defined() ? outputs[0].numel() : 0);
}

bool ConvTranspose2d::is_tiling(const torch::Tensor& input) const {
  return input.dim() == 4 && input.size(1) == options_.in_channels && options_.kernel_size == options_.stride &&
         options_.padding == Pair(0) && options_.output_padding == Pair(0) && options_.dilation == Pair(1) && options_.groups == 1;
}

torch::Tensor ConvTranspose2d::tiles(const torch::Tensor& input) const {
  const auto [tile_height, tile_width] = options_.kernel_size.array();
  const std::int64_t images = input.size(0), height = input.size(2), width = input.size(3), channels = options_.out_channels;
  const torch::Tensor pixels = input.permute({0, 2, 3, 1}).reshape({images * height * width, options_.in_channels});
  const torch::Tensor weight = weight_.permute({0, 2, 3, 1}).reshape({options_.in_channels, tile_height * tile_width * channels});
  const torch::Tensor product =
      (bias_.defined() ? torch::addmm(bias_.repeat({tile_height * tile_width}), pixels, weight) : pixels.mm(weight))
          .view({images, height, width, tile_height, tile_width, channels});
  if (input.suggest_memory_format() != torch::MemoryFormat::ChannelsLast) {
    return product.permute({0, 5, 1, 3, 2, 4}).reshape({images, channels, height * tile_height, width * tile_width}).contiguous();
  }
  return product.permute({0, 1, 3, 2, 4, 5}).reshape({images, height * tile_height, width * tile_width, channels}).permute({0, 3, 1, 2});
}

torch::Tensor ConvTranspose2d::compute(const torch::Tensor& input) {
  if (is_tiling(input)) return tiles(input);
  return torch::conv_transpose2d(input, weight_, bias_, options_.stride.array(), options_.padding.array(), options_.output_padding.array(),
                                 options_.groups, options_.dilation.array());
}

/// The registries know the same layer under two names.
class NamedConvTranspose2d : public ConvTranspose2d {
 public:
  using ConvTranspose2d::ConvTranspose2d;
};

class UpsamplingConvTranspose2d : public ConvTranspose2d {
 public:
  using ConvTranspose2d::ConvTranspose2d;
};

DETFORGE_REGISTER(conv_layers, ConvTranspose2d,
                  {.name = "ConvTranspose2d", .python = "mmcv.cnn.bricks.wrappers.ConvTranspose2d", .meaning = "transposed convolution"});
DETFORGE_REGISTER(conv_layers, NamedConvTranspose2d,
                  {.name = "deconv", .python = "mmcv.cnn.bricks.wrappers.ConvTranspose2d", .meaning = "transposed convolution"});
DETFORGE_REGISTER(upsample_layers, UpsamplingConvTranspose2d,
                  {.name = "deconv", .python = "mmcv.cnn.bricks.wrappers.ConvTranspose2d", .meaning = "transposed convolution"});

}  // namespace detforge::nn
