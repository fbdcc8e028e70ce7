#include "detforge/nn/layers/conv2d.h"

namespace detforge::nn {

/// mmcv's `Conv2dAdaptivePadding`: zeros around the input so that the output has ⌈H / stride⌉ rows and ⌈W / stride⌉
/// columns, the odd one below or to the right, as TensorFlow's "same". The argument `padding` counts for nothing.
class Conv2dAdaptivePadding : public Conv2d {
 public:
  static Arguments<Options> arguments();

  explicit Conv2dAdaptivePadding(const Options& options, const BuildContext& = {})
      : Conv2d("Conv2dAdaptivePadding", without_padding(options)) {}

  std::string python_base() const override { return "Conv2d"; }
  std::int64_t multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor>) const override { return 0; }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const auto missing = [](std::int64_t size, std::int64_t stride, std::int64_t kernel, std::int64_t dilation) {
      const std::int64_t output = (size + stride - 1) / stride;
      return std::max<std::int64_t>((output - 1) * stride + (kernel - 1) * dilation + 1 - size, 0);
    };
    const Options& conv = options();
    const std::int64_t rows = missing(input.size(2), conv.stride.height, conv.kernel_size.height, conv.dilation.height);
    const std::int64_t columns = missing(input.size(3), conv.stride.width, conv.kernel_size.width, conv.dilation.width);
    const std::vector<std::int64_t> sides = {columns / 2, columns - columns / 2, rows / 2, rows - rows / 2};
    return convolve(rows > 0 || columns > 0 ? torch::constant_pad_nd(input, sides) : input, weight());
  }

 private:
  static Options without_padding(Options options) {
    options.padding = 0;
    return options;
  }
};

Arguments<Conv2d::Options> Conv2dAdaptivePadding::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
          arg(&Options::out_channels, "out_channels", required, "channels of the output").at_least(1),
          arg(&Options::kernel_size, "kernel_size", required, "height and width of the kernel"),
          arg(&Options::stride, "stride", "step of the kernel"),
          arg(&Options::padding, "padding", "counts for nothing"),
          arg(&Options::dilation, "dilation", "distance between the kernel's elements"),
          arg(&Options::groups, "groups", "groups of channels that do not see each other").at_least(1),
          arg(&Options::bias, "bias", "whether a bias is added")};
}

DETFORGE_REGISTER(conv_layers, Conv2dAdaptivePadding,
                  {.name = "Conv2dAdaptivePadding",
                   .python = "mmcv.cnn.bricks.conv2d_adaptive_padding.Conv2dAdaptivePadding",
                   .meaning = "convolution padded as TensorFlow's 'same'"});

}  // namespace detforge::nn
