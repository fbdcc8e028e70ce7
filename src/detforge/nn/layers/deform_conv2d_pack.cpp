#include "detforge/nn/layers/deform_conv2d.h"

namespace detforge::nn {

/// mmcv's `DeformConv2dPack`, `DCN` (arXiv 1703.06211): a convolution that finds its own offsets. [N, in_channels, H, W] →
/// [N, out_channels, H', W'].
class DeformConv2dPack : public Layer {
 public:
  using Options = DeformConvArguments;
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
            arg(&Options::bias, "bias", "must be False").one_of({false}),
            arg(&Options::im2col_step, "im2col_step", "has no meaning here").since_v2_27()};
  }

  DeformConv2dPack(const Options& options, const BuildContext& context)
      : Layer("DeformConv2dPack"), options_(options), reference_(context.reference) {
    options.check();
    weight_ = register_parameter("weight", options.empty_weight());
    conv_offset_ = register_module("conv_offset", options.offset_conv(2, context));
  }

  std::optional<std::string> own_repr() const override {
    if (reference_ == Reference::V2_8) return std::nullopt;
    return options_.text(python_name());
  }

  void reset_parameters() override {
    reset_deform_weight(weight_, options_.in_channels, reference_);
    torch::nn::init::zeros_(conv_offset_->weight());
    torch::nn::init::zeros_(conv_offset_->bias());
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    return ops::deform_conv2d(input, conv_offset_->forward(input), weight_, options_.options());
  }

 private:
  Options options_;
  Reference reference_;
  torch::Tensor weight_;
  std::shared_ptr<Conv2d> conv_offset_;
};

DETFORGE_REGISTER(conv_layers, DeformConv2dPack,
                  {.name = "DCN", .python = "mmcv.ops.deform_conv.DeformConv2dPack", .meaning = "deformable convolution"});

}  // namespace detforge::nn
