#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/conv_ws.h"
#include "detforge/ops/deform_conv.h"

namespace detforge::nn {

/// mmcv's `SAConv2d`, Switchable Atrous Convolution (DetectoRS, arXiv 2006.02334): two convolutions with nearly the same
/// weight, one of three times the dilation, mixed for each pixel; a global context is added before and after. Its bias
/// counts for nothing. Height and width must be above 2 px.
class SAConv2d : public ConvAWS2d {
 public:
  struct Options : Conv2d::Options {
    bool use_deform = false;
  };
  static Arguments<Options> arguments() {
    return {ConvAWS2d::arguments(), arg(&Options::use_deform, "use_deform", "deformable convolutions")};
  }

  explicit SAConv2d(const Options& options, const BuildContext& context = {});

  std::string python_base() const override { return "ConvAWS2d"; }
  void reset_parameters() override;
  bool initialises_itself() const override { return true; }
  void init_weights(const PretrainedLoader&) override {
    if (reference_ == Reference::V2_27) init_switch();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  void init_switch();
  /// One of the two convolutions; `reach` multiplies padding and dilation.
  torch::Tensor atrous(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& weight, std::int64_t reach) const;

  Reference reference_;
  torch::Tensor weight_diff_;  // of the weight's shape
  std::shared_ptr<Conv2d> switch_;
  std::shared_ptr<Conv2d> pre_context_;
  std::shared_ptr<Conv2d> post_context_;
  std::shared_ptr<Conv2d> offset_s_;  // null without use_deform
  std::shared_ptr<Conv2d> offset_l_;  // null without use_deform
};

SAConv2d::SAConv2d(const Options& options, const BuildContext& context)
    : ConvAWS2d("SAConv2d", options, context), reference_(context.reference) {
  const auto conv = [&](const char* name, const Conv2d::Options& layer) { return register_module(name, std::make_shared<Conv2d>(layer)); };
  weight_diff_ = register_parameter("weight_diff", torch::empty_like(weight()));
  switch_ = conv("switch", {.in_channels = options.in_channels, .out_channels = 1, .stride = options.stride});
  pre_context_ = conv("pre_context", {.in_channels = options.in_channels, .out_channels = options.in_channels});
  post_context_ = conv("post_context", {.in_channels = options.out_channels, .out_channels = options.out_channels});
  if (!options.use_deform) return;
  const Conv2d::Options offset{
      .in_channels = options.in_channels, .out_channels = 18, .kernel_size = 3, .stride = options.stride, .padding = 1};
  offset_s_ = conv("offset_s", offset);
  offset_l_ = conv("offset_l", offset);
}

void SAConv2d::reset_parameters() {
  ConvAWS2d::reset_parameters();
  init_switch();
}

void SAConv2d::init_switch() {
  const torch::NoGradGuard no_grad;
  constant_init(*switch_, 0, 1);
  weight_diff_.zero_();
  for (const auto& conv : {pre_context_, post_context_, offset_s_, offset_l_}) {
    if (conv) constant_init(*conv, 0);
  }
}

torch::Tensor SAConv2d::atrous(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& weight,
                               std::int64_t reach) const {
  const auto scaled = [&](const Pair& pair) { return std::array{pair.height * reach, pair.width * reach}; };
  const auto& conv = options();
  const auto stride = conv.stride.array(), padding = scaled(conv.padding), dilation = scaled(conv.dilation);
  if (!offset.defined()) return torch::conv2d(input, weight, {}, stride, padding, dilation, conv.groups);
  return ops::deform_conv2d(input, offset, weight, {stride, padding, dilation, conv.groups, /*deform_groups=*/1});
}

torch::Tensor SAConv2d::compute(const torch::Tensor& input) {
  const torch::Tensor seen = input + pre_context_->forward(torch::adaptive_avg_pool2d(input, {1, 1}));
  const torch::Tensor smooth = torch::avg_pool2d(torch::reflection_pad2d(seen, {2, 2, 2, 2}), /*kernel_size=*/5, /*stride=*/1);
  const torch::Tensor mixture = switch_->forward(smooth);
  const auto offset = [&](const std::shared_ptr<Conv2d>& conv) { return conv ? conv->forward(smooth) : torch::Tensor(); };
  const torch::Tensor standard = standardised(weight());
  const torch::Tensor near = atrous(seen, offset(offset_s_), standard, 1);
  const torch::Tensor far = atrous(seen, offset(offset_l_), standard + weight_diff_, 3);
  const torch::Tensor output = mixture * near + (1 - mixture) * far;
  return output + post_context_->forward(torch::adaptive_avg_pool2d(output, {1, 1}));
}

DETFORGE_REGISTER(conv_layers, SAConv2d,
                  {.name = "SAC", .python = "mmcv.ops.saconv.SAConv2d", .meaning = "Switchable Atrous Convolution (arXiv 2006.02334)"});

}  // namespace detforge::nn
