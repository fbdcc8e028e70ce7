#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/conv2d.h"

namespace detforge::nn {

/// mmcv's `PixelShufflePack` (arXiv 1609.05158): a convolution to scale_factor² times the channels, which then become
/// pixels: [N, in_channels, H, W] → [N, out_channels, H · scale_factor, W · scale_factor].
class PixelShufflePack : public Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    std::int64_t scale_factor = 1;
    std::int64_t upsample_kernel = 1;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
            arg(&Options::out_channels, "out_channels", required, "channels of the output").at_least(1),
            arg(&Options::scale_factor, "scale_factor", required, "output size over input size").at_least(1),
            arg(&Options::upsample_kernel, "upsample_kernel", required, "kernel size of the convolution").at_least(1)};
  }

  explicit PixelShufflePack(const Options& options, const BuildContext& context = {})
      : Layer("PixelShufflePack"), scale_factor_(options.scale_factor), reference_(context.reference) {
    upsample_conv_ = register_module("upsample_conv", std::make_shared<Conv2d>(Conv2d::Options{
                                                          .in_channels = options.in_channels,
                                                          .out_channels = options.out_channels * scale_factor_ * scale_factor_,
                                                          .kernel_size = options.upsample_kernel,
                                                          .padding = (options.upsample_kernel - 1) / 2,
                                                      }));
  }

  void reset_parameters() override { xavier_init(*upsample_conv_, 1, 0, Distribution::Uniform); }
  void init_weights(const PretrainedLoader&) override {
    if (reference_ == Reference::V2_27) reset_parameters();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return torch::pixel_shuffle(upsample_conv_->forward(input), scale_factor_); }

 private:
  std::int64_t scale_factor_;
  Reference reference_;
  std::shared_ptr<Conv2d> upsample_conv_;
};

DETFORGE_REGISTER(upsample_layers, PixelShufflePack,
                  {.name = "pixel_shuffle",
                   .python = "mmcv.cnn.bricks.upsample.PixelShufflePack",
                   .meaning = "channels that become pixels (arXiv 1609.05158)"});

}  // namespace detforge::nn
