#include "detforge/ops/carafe.h"

#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/conv2d.h"

namespace detforge::nn {

/// mmcv's `CARAFEPack` (arXiv 1905.02188): enlarges [N, channels, H, W] by `scale_factor`; every output pixel is a weighted
/// sum around its source, with weights that two convolutions find.
class CARAFEPack : public Layer {
 public:
  struct Options {
    std::int64_t channels = 0;
    std::int64_t scale_factor = 1;
    std::int64_t up_kernel = 5;
    std::int64_t up_group = 1;
    std::int64_t encoder_kernel = 3;
    std::int64_t encoder_dilation = 1;
    std::int64_t compressed_channels = 64;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::channels, "channels", required, "channels of the input").at_least(1),
            arg(&Options::scale_factor, "scale_factor", required, "output size over input size").at_least(1),
            arg(&Options::up_kernel, "up_kernel", "size of the sums").at_least(1),
            arg(&Options::up_group, "up_group", "groups of channels, each with its own weights").at_least(1),
            arg(&Options::encoder_kernel, "encoder_kernel", "kernel of the convolution that finds weights").at_least(1),
            arg(&Options::encoder_dilation, "encoder_dilation", "its dilation").at_least(1),
            arg(&Options::compressed_channels, "compressed_channels", "channels that it sees").at_least(1)};
  }

  explicit CARAFEPack(const Options& options, const BuildContext& context = {})
      : Layer("CARAFEPack"), options_(options), reference_(context.reference) {
    const std::int64_t weights = options.up_kernel * options.up_kernel * options.up_group * options.scale_factor * options.scale_factor;
    channel_compressor_ = register_module(
        "channel_compressor",
        std::make_shared<Conv2d>(Conv2d::Options{.in_channels = options.channels, .out_channels = options.compressed_channels}));
    content_encoder_ = register_module(
        "content_encoder", std::make_shared<Conv2d>(Conv2d::Options{.in_channels = options.compressed_channels,
                                                                    .out_channels = weights,
                                                                    .kernel_size = options.encoder_kernel,
                                                                    .padding = (options.encoder_kernel - 1) * options.encoder_dilation / 2,
                                                                    .dilation = options.encoder_dilation}));
  }

  void reset_parameters() override {
    xavier_init(*channel_compressor_, 1, 0, Distribution::Uniform);
    normal_init(*content_encoder_, 0, 0.001);
  }
  void init_weights(const PretrainedLoader&) override {
    if (reference_ == Reference::V2_27) reset_parameters();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const torch::Tensor found = torch::pixel_shuffle(content_encoder_->forward(channel_compressor_->forward(input)), options_.scale_factor);
    const std::vector<std::int64_t> grouped = {found.size(0), -1, options_.up_kernel * options_.up_kernel, found.size(2), found.size(3)};
    const torch::Tensor masks = found.reshape(grouped).softmax(2).reshape(found.sizes());
    return ops::carafe(input, masks, {options_.up_kernel, options_.up_group, options_.scale_factor});
  }

 private:
  Options options_;
  Reference reference_;
  std::shared_ptr<Conv2d> channel_compressor_;
  std::shared_ptr<Conv2d> content_encoder_;
};

DETFORGE_REGISTER(upsample_layers, CARAFEPack,
                  {.name = "carafe", .python = "mmcv.ops.carafe.CARAFEPack", .meaning = "content-aware enlarging (arXiv 1905.02188)"});

}  // namespace detforge::nn
