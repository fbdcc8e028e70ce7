#include "detforge/models/roi_heads/mask_heads/feature_relay_head.h"

#include "detforge/nn/layers/linear.h"
#include "detforge/nn/layers/upsample.h"

namespace detforge {

Arguments<FeatureRelayHead::Options> FeatureRelayHead::arguments() {
  return {arg(&Options::in_channels, "in_channels", "length of the vectors").at_least(1),
          arg(&Options::out_conv_channels, "out_conv_channels", "channels of the maps").at_least(1),
          arg(&Options::roi_feat_size, "roi_feat_size", "height and width before the enlargement").at_least(1),
          arg(&Options::scale_factor, "scale_factor", "factor of the enlargement").at_least(1),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

FeatureRelayHead::FeatureRelayHead(const Options& options, const BuildContext& context) : Module("FeatureRelayHead"), options_(options) {
  const std::int64_t outputs = options.roi_feat_size * options.roi_feat_size * options.out_conv_channels;
  fc_ =
      register_module("fc", std::make_shared<nn::Linear>(nn::Linear::Options{.in_features = options.in_channels, .out_features = outputs}));
  nn::Upsample::Options upsample;
  upsample.scale_factor = static_cast<double>(options.scale_factor);
  upsample.mode = "bilinear";
  upsample.align_corners = true;
  upsample_ = register_module("upsample", std::make_shared<nn::Upsample>(upsample, context));
  show_init_cfg(context, options.init_cfg);
}

torch::Tensor FeatureRelayHead::forward(const torch::Tensor& vectors) {
  return nn::observed(*this, {&vectors, 1}, [&] {
    return upsample_->forward(
        fc_->forward(vectors).reshape({vectors.size(0), options_.out_conv_channels, options_.roi_feat_size, options_.roi_feat_size}));
  });
}

DETFORGE_REGISTER(heads, FeatureRelayHead,
                  {.name = "FeatureRelayHead",
                   .python = "mmdet.models.roi_heads.mask_heads.feature_relay_head.FeatureRelayHead",
                   .meaning = "maps for a mask head out of a box head's vectors",
                   .since = Reference::V2_27});

}  // namespace detforge
