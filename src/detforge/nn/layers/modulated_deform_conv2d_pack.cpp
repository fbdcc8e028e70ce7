#include "detforge/nn/layers/deform_conv2d.h"

namespace detforge::nn {

/// mmcv's `ModulatedDeformConv2dPack`, `DCNv2` (arXiv 1811.11168): a convolution that finds its own offsets and the weights of its
/// samples. [N, in_channels, H, W] → [N, out_channels, H', W'].
class ModulatedDeformConv2dPack : public Layer {
 public:
  using Options = ModulatedDeformConv2d::Options;
  static Arguments<Options> arguments() {
    return {arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
            arg(&Options::out_channels, "out_channels", required, "channels of the output").at_least(1),
            arg(&Options::kernel_size, "kernel_size", required, "height and width of the kernel"),
            arg(&Options::stride, "stride", "step of the kernel"),
            arg(&Options::padding, "padding", "zeros around the input"),
            arg(&Options::dilation, "dilation", "distance between the kernel's elements"),
            arg(&Options::groups, "groups", "groups of channels that do not see each other").at_least(1),
            arg(&Options::deform_groups, "deform_groups", "groups of channels, each with its own offsets").at_least(1),
            arg(&Options::deformable_groups, "deformable_groups", "older name of deform_groups").at_least(1),
            arg(&Options::bias, "bias", "whether a bias is added")};
  }

  ModulatedDeformConv2dPack(const Options& options, const BuildContext& context)
      : Layer("ModulatedDeformConv2dPack"), options_(options), reference_(context.reference) {
    options.check();
    weight_ = register_parameter("weight", options.empty_weight());
    if (options.bias) bias_ = register_parameter("bias", torch::empty({options.out_channels}));
    conv_offset_ = register_module("conv_offset", options.offset_conv(3, context));
  }

  void reset_parameters() override {
    reset_deform_weight(weight_, options_.in_channels, Reference::V2_8);
    if (bias_.defined()) torch::nn::init::zeros_(bias_);
    torch::nn::init::zeros_(conv_offset_->weight());
    torch::nn::init::zeros_(conv_offset_->bias());
  }
  bool initialises_itself() const override { return true; }
  void init_weights(const PretrainedLoader&) override {
    if (reference_ == Reference::V2_27) reset_parameters();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const torch::Tensor found = conv_offset_->forward(input);
    const std::int64_t masks = found.size(1) / 3;
    const torch::Tensor offset = found.slice(1, 0, 2 * masks), mask = found.slice(1, 2 * masks).sigmoid();
    return ops::modulated_deform_conv2d(input, offset, mask, weight_, bias_, options_.options());
  }

 private:
  Options options_;
  Reference reference_;
  torch::Tensor weight_, bias_;
  std::shared_ptr<Conv2d> conv_offset_;
};

DETFORGE_REGISTER(conv_layers, ModulatedDeformConv2dPack,
                  {.name = "DCNv2",
                   .python = "mmcv.ops.modulated_deform_conv.ModulatedDeformConv2dPack",
                   .meaning = "deformable convolution with weighted samples"});

}  // namespace detforge::nn
