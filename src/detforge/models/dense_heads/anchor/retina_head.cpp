#include "detforge/models/dense_heads/anchor/retina_head.h"

namespace detforge {

RetinaHead::Options::Options() {
  anchor_generator = {{"type", "AnchorGenerator"},
                      {"octave_base_scale", 4},
                      {"scales_per_octave", 3},
                      {"ratios", Value::list({0.5, 1.0, 2.0})},
                      {"strides", Value::list({8, 16, 32, 64, 128})}};
  init_cfg = Value::dict({{"type", "Normal"},
                          {"layer", "Conv2d"},
                          {"std", 0.01},
                          {"override", Value::dict({{"type", "Normal"}, {"name", "retina_cls"}, {"std", 0.01}, {"bias_prob", 0.01}})}});
}

Arguments<RetinaHead::Options> RetinaHead::arguments() {
  return {AnchorHead::arguments(), arg(&Options::stacked_convs, "stacked_convs", "convolutions of each tower").at_least(0),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none")};
}

RetinaHead::RetinaHead(std::string name, const Options& options, const BuildContext& context)
    : AnchorHead(std::move(name), options, context) {
  const auto tower = [&] {
    return detforge::stacked_convs(options.stacked_convs, options.in_channels, options.feat_channels, options.conv_cfg, options.norm_cfg,
                                   context);
  };
  const std::int64_t channels = options.stacked_convs > 0 ? options.feat_channels : options.in_channels;
  // Python keeps a ReLU that it does not use, and prints it.
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  cls_convs_ = register_module("cls_convs", tower());
  reg_convs_ = register_module("reg_convs", tower());
  retina_cls_ = register_module("retina_cls", prediction_conv(channels, num_anchors() * cls_out_channels(), context));
  retina_reg_ = register_module("retina_reg", prediction_conv(channels, num_anchors() * 4, context));
}

AnchorHead::Prediction RetinaHead::forward_single(const torch::Tensor& feature) {
  return {retina_cls_->forward(apply_all(*cls_convs_, feature)), retina_reg_->forward(apply_all(*reg_convs_, feature))};
}

DETFORGE_REGISTER(heads, RetinaHead,
                  {.name = "RetinaHead",
                   .python = "mmdet.models.dense_heads.retina_head.RetinaHead",
                   .meaning = "anchors with a tower for classes and one for boxes"});

}  // namespace detforge
