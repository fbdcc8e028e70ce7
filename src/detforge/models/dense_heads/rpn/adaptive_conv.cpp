#include "detforge/models/dense_heads/rpn/adaptive_conv.h"

#include "detforge/boxes/prior_generators/prior_generator.h"

namespace detforge {

Arguments<AdaptiveConv::Options> AdaptiveConv::arguments() {
  return {arg(&Options::kernel_size, "kernel_size", "only 3 is possible").one_of({3}),
          arg(&Options::stride, "stride", "only 1 is possible").one_of({1}),
          arg(&Options::padding, "padding", "only 1 is possible").one_of({1}),
          arg(&Options::dilation, "dilation", "places between two samples, where all anchors are alike").at_least(1),
          arg(&Options::groups, "groups", "only 1 is possible").one_of({1}),
          arg(&Options::bias, "bias", "has no meaning where all anchors are alike")};
}

AdaptiveConv::AdaptiveConv(std::int64_t in_channels, std::int64_t out_channels, const ConfigDict& adapt_cfg, const BuildContext& context)
    : Module("AdaptiveConv") {
  const Value* type = adapt_cfg.find("type");
  const bool has_offsets = type != nullptr && python_equal(*type, "offset");
  if (type != nullptr && !has_offsets && !python_equal(*type, "dilation")) {
    throw Error("must be 'dilation' or 'offset', got " + repr(*type)).at(type->location());
  }
  const Options options = options_from("the adapt_cfg of StageCascadeRPNHead", arguments(), adapt_cfg.value(), context);
  if (has_offsets) {
    const nn::DeformConv2d::Options conv{
        .in_channels = in_channels, .out_channels = out_channels, .kernel_size = 3, .padding = 1, .bias = options.bias};
    deform_conv_ = register_module("conv", std::make_shared<nn::DeformConv2d>(conv, context));
  } else {
    nn::Conv2d::Options conv;
    conv.in_channels = in_channels;
    conv.out_channels = out_channels;
    conv.kernel_size = 3;
    conv.padding = conv.dilation = options.dilation;
    conv_ = register_module("conv", std::make_shared<nn::Conv2d>(conv, context));
  }
  show_init_cfg(context, Value::dict({{"type", "Normal"}, {"std", 0.01}, {"override", Value::dict({{"name", "conv"}})}}));
}

torch::Tensor AdaptiveConv::forward(const torch::Tensor& feature, const torch::Tensor& offsets) {
  return nn::observed(*this, {&feature, 1},
                      [&] { return deform_conv_ ? deform_conv_->forward(feature, offsets) : conv_->forward(feature); });
}

torch::Tensor anchor_offsets(const torch::Tensor& anchors, double stride, ImageSize featmap_size) {
  const torch::Tensor on_map = anchors / stride;
  const auto side = [&](std::int64_t i) { return on_map.select(1, i); };
  const torch::Tensor places = grid_points(featmap_size, {1, 1}, 0, anchors.options());
  const torch::Tensor steps = torch::arange(-1, 2, anchors.options());
  const torch::Tensor column = steps.repeat({3}), row = steps.repeat_interleave(3);
  // Of samples one place apart the outer ones lie two apart, where those of an anchor lie at its sides.
  const auto along = [&](std::int64_t axis, const torch::Tensor& step) {
    const torch::Tensor from_place = (side(axis) + side(axis + 2)) * 0.5 - places.select(1, axis);
    const torch::Tensor stretch = (side(axis + 2) - side(axis)) / 2 - 1;
    return from_place.unsqueeze(1) + stretch.unsqueeze(1) * step;
  };
  return torch::stack({along(1, row), along(0, column)}, -1).view({featmap_size.height, featmap_size.width, 18}).permute({2, 0, 1});
}

}  // namespace detforge
