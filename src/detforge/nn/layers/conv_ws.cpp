#include "detforge/nn/layers/conv_ws.h"

namespace detforge::nn {
namespace conv_ws {

/// Conv2d's table without `padding_mode`, which mmcv's derived layers do not take.
template <class Options>
Arguments<Options> arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
          arg(&Options::out_channels, "out_channels", required, "channels of the output").at_least(1),
          arg(&Options::kernel_size, "kernel_size", required, "height and width of the kernel"),
          arg(&Options::stride, "stride", "step of the kernel"),
          arg(&Options::padding, "padding", "zeros around the input"),
          arg(&Options::dilation, "dilation", "distance between the kernel's elements"),
          arg(&Options::groups, "groups", "groups of channels that do not see each other").at_least(1),
          arg(&Options::bias, "bias", "whether a bias is added")};
}

/// [out_channels, …] → one value per output channel, [out_channels, 1, 1, 1].
torch::Tensor per_channel(const torch::Tensor& values) { return values.view({-1, 1, 1, 1}); }

}  // namespace conv_ws

/// mmcv's `ConvWS2d` (weight standardisation, arXiv 1903.10520): a convolution whose weight is brought to mean 0 and
/// standard deviation 1 for each output channel.
class ConvWS2d : public Conv2d {
 public:
  struct Options : Conv2d::Options {
    double eps = 1e-5;
  };
  static Arguments<Options> arguments() {
    return {conv_ws::arguments<Conv2d::Options>(), arg(&Options::eps, "eps", "added to the standard deviation")};
  }

  explicit ConvWS2d(const Options& options, const BuildContext& = {}) : Conv2d("ConvWS2d", options), eps_(options.eps) {}

  std::string python_base() const override { return "Conv2d"; }
  std::int64_t multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor>) const override { return 0; }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const torch::Tensor flat = weight().flatten(1);
    const torch::Tensor mean = conv_ws::per_channel(flat.mean(1));
    const torch::Tensor deviation = conv_ws::per_channel(flat.std(1));
    return convolve(input, (weight() - mean) / (deviation + eps_));
  }

 private:
  double eps_;
};

Arguments<Conv2d::Options> ConvAWS2d::arguments() { return conv_ws::arguments<Options>(); }

ConvAWS2d::ConvAWS2d(std::string python_name, const Options& options, const BuildContext&) : Conv2d(std::move(python_name), options) {
  weight_gamma_ = register_buffer("weight_gamma", torch::ones({options.out_channels, 1, 1, 1}));
  weight_beta_ = register_buffer("weight_beta", torch::zeros({options.out_channels, 1, 1, 1}));
}

void ConvAWS2d::reset_parameters() {
  Conv2d::reset_parameters();
  weight_gamma_.fill_(1);
  weight_beta_.zero_();
}

void ConvAWS2d::take_statistics_of_weight() {
  const torch::NoGradGuard no_grad;
  const torch::Tensor flat = weight().flatten(1);
  weight_beta_.copy_(conv_ws::per_channel(flat.mean(1)));
  weight_gamma_.copy_(conv_ws::per_channel((flat.var(1) + 1e-5).sqrt()));
}

torch::Tensor ConvAWS2d::standardised(const torch::Tensor& weight) const {
  const torch::Tensor flat = weight.flatten(1);
  const torch::Tensor mean = conv_ws::per_channel(flat.mean(1));
  const torch::Tensor deviation = conv_ws::per_channel((flat.var(1) + 1e-5).sqrt());
  return weight_gamma_ * ((weight - mean) / deviation) + weight_beta_;
}

DETFORGE_REGISTER(conv_layers, ConvWS2d,
                  {.name = "ConvWS",
                   .python = "mmcv.cnn.bricks.conv_ws.ConvWS2d",
                   .meaning = "convolution with standardised weights (arXiv 1903.10520)"});
DETFORGE_REGISTER(conv_layers, ConvAWS2d,
                  {.name = "ConvAWS",
                   .python = "mmcv.cnn.bricks.conv_ws.ConvAWS2d",
                   .meaning = "convolution with adaptively standardised weights (arXiv 2006.02334)"});

}  // namespace detforge::nn
