#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/models/dense_heads/rpn/guided_anchor_head.h"

namespace detforge {

/// RetinaNet's towers with guided anchors (arXiv 1901.03278).
class GARetinaHead : public GuidedAnchorHead {
 public:
  struct Options : GuidedAnchorHead::Options {
    std::int64_t stacked_convs = 4;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    Options() { init_cfg = std::nullopt; }
  };
  static Arguments<Options> arguments() {
    return {GuidedAnchorHead::arguments(), arg(&Options::stacked_convs, "stacked_convs", "convolutions of each tower").at_least(0),
            arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
            arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none")};
  }

  GARetinaHead(const Options& options, const BuildContext& context);

 protected:
  Prediction forward_single(const torch::Tensor& feature) override;

 private:
  static Options with_init_cfg(Options options);

  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<StackedConvs> cls_convs_;
  std::shared_ptr<StackedConvs> reg_convs_;
  std::shared_ptr<nn::Conv2d> conv_loc_;
  std::shared_ptr<nn::Conv2d> conv_shape_;
  std::shared_ptr<FeatureAdaption> feature_adaption_cls_;
  std::shared_ptr<FeatureAdaption> feature_adaption_reg_;
  std::shared_ptr<nn::MaskedConv2d> retina_cls_;
  std::shared_ptr<nn::MaskedConv2d> retina_reg_;
};

GARetinaHead::Options GARetinaHead::with_init_cfg(Options options) {
  if (options.init_cfg && !options.init_cfg->is_none()) return options;
  const auto prior = [](const char* name) { return Value::dict({{"type", "Normal"}, {"name", name}, {"std", 0.01}, {"bias_prob", 0.01}}); };
  options.init_cfg = Value::dict(
      {{"type", "Normal"}, {"layer", "Conv2d"}, {"std", 0.01}, {"override", Value::list({prior("conv_loc"), prior("retina_cls")})}});
  return options;
}

GARetinaHead::GARetinaHead(const Options& options, const BuildContext& context)
    : GuidedAnchorHead("GARetinaHead", with_init_cfg(options), context) {
  const std::int64_t channels = options.feat_channels;
  const auto tower = [&] {
    return detforge::stacked_convs(options.stacked_convs, options.in_channels, channels, options.conv_cfg, options.norm_cfg, context);
  };
  const auto adaption = [&] {
    return std::make_shared<FeatureAdaption>(FeatureAdaption::Options{.python_name = "FeatureAdaption",
                                                                      .shape_channels = 2,
                                                                      .in_channels = channels,
                                                                      .out_channels = channels,
                                                                      .deform_groups = options.deform_groups},
                                             context);
  };
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  cls_convs_ = register_module("cls_convs", tower());
  reg_convs_ = register_module("reg_convs", tower());
  conv_loc_ = register_module("conv_loc", prediction_conv(channels, 1, context, 1));
  conv_shape_ = register_module("conv_shape", prediction_conv(channels, num_anchors() * 2, context, 1));
  feature_adaption_cls_ = register_module("feature_adaption_cls", adaption());
  feature_adaption_reg_ = register_module("feature_adaption_reg", adaption());
  retina_cls_ = register_module("retina_cls", masked_prediction_conv(channels, num_anchors() * cls_out_channels(), 3));
  retina_reg_ = register_module("retina_reg", masked_prediction_conv(channels, num_anchors() * 4, 3));
}

GuidedAnchorHead::Prediction GARetinaHead::forward_single(const torch::Tensor& feature) {
  const torch::Tensor cls_feat = apply_all(*cls_convs_, feature), reg_feat = apply_all(*reg_convs_, feature);
  Prediction prediction;
  prediction.loc_pred = conv_loc_->forward(cls_feat);
  prediction.shape_pred = conv_shape_->forward(reg_feat);
  const torch::Tensor shape = prediction.shape_pred.detach(), mask = mask_of(prediction.loc_pred);
  prediction.cls_score = retina_cls_->forward(feature_adaption_cls_->forward(cls_feat, shape), mask);
  prediction.bbox_pred = retina_reg_->forward(feature_adaption_reg_->forward(reg_feat, shape), mask);
  return prediction;
}

DETFORGE_REGISTER(heads, GARetinaHead,
                  {.name = "GARetinaHead",
                   .python = "mmdet.models.dense_heads.ga_retina_head.GARetinaHead",
                   .meaning = "RetinaNet's towers with guided anchors"});

}  // namespace detforge
