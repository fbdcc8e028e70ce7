#include "detforge/models/roi_heads/mask_heads/fcn_mask_head.h"
#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/linear.h"

namespace detforge {

/// PointRend's first, coarse masks (arXiv 1912.08193): features become smaller, and linear layers predict all pixels at once,
/// [N, in_channels, h, w] → [N, num_classes, h / f, w / f].
class CoarseMaskHead : public FCNMaskHead {
 public:
  struct Options : FCNMaskHead::Options {
    std::int64_t num_fcs = 2;
    std::int64_t fc_out_channels = 1024;
    std::int64_t downsample_factor = 2;

    Options() {
      num_convs = 0;
      init_cfg = Value::dict({{"type", "Xavier"},
                              {"override", Value::list({Value::dict({{"name", "fcs"}}),
                                                        Value::dict({{"type", "Constant"}, {"val", 0.001}, {"name", "fc_logits"}})})}});
    }
  };
  static Arguments<Options> arguments() {
    return {FCNMaskHead::arguments(),
            arg(&Options::num_convs, "num_convs", "convolutions before the features become smaller").at_least(0),
            arg(&Options::num_fcs, "num_fcs", "linear layers").at_least(1),
            arg(&Options::fc_out_channels, "fc_out_channels", "outputs of the linear layers").at_least(1),
            arg(&Options::downsample_factor, "downsample_factor", "how much smaller the features become").at_least(1),
            arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
  }

  CoarseMaskHead(const Options& options, const BuildContext& context);
  void init_weights(const nn::PretrainedLoader& load_pretrained) override { Module::init_weights(load_pretrained); }

 protected:
  torch::Tensor compute(const torch::Tensor& roi_feats) override;

 private:
  /// The base refuses an init_cfg of its own.
  static FCNMaskHead::Options without_init_cfg(FCNMaskHead::Options options) {
    options.init_cfg.reset();
    return options;
  }

  nn::Pair output_size_;
  std::shared_ptr<nn::Layer> downsample_conv_;
  std::shared_ptr<nn::ModuleList<>> fcs_;
  std::shared_ptr<nn::Layer> fc_logits_;
};

CoarseMaskHead::CoarseMaskHead(const Options& options, const BuildContext& context)
    : FCNMaskHead("CoarseMaskHead", without_init_cfg(options), Parts{.predictor = false}, context),
      output_size_(options.roi_feat_size.height / options.downsample_factor, options.roi_feat_size.width / options.downsample_factor) {
  if (options.downsample_factor > 1) {
    downsample_conv_ = register_module(
        "downsample_conv", std::make_shared<nn::ConvModule>(
                               nn::ConvModule::Options{.in_channels = convolved_channels(),
                                                       .out_channels = options.conv_out_channels,
                                                       .kernel_size = options.downsample_factor,
                                                       .stride = options.downsample_factor,
                                                       .layers = {options.conv_cfg, options.norm_cfg, ConfigDict{{"type", "ReLU"}}}},
                               context));
  }
  const std::int64_t area = output_size_.height * output_size_.width;
  const auto linear = [](std::int64_t in, std::int64_t out) {
    return std::make_shared<nn::Linear>(nn::Linear::Options{.in_features = in, .out_features = out});
  };
  fcs_ = register_module("fcs", std::make_shared<nn::BaseModuleList<>>());
  for (std::int64_t i = 0; i < options.num_fcs; ++i) {
    fcs_->append(linear(i == 0 ? options.conv_out_channels * area : options.fc_out_channels, options.fc_out_channels));
  }
  fc_logits_ = register_module("fc_logits", linear(options.fc_out_channels, options.num_classes * area));
  show_init_cfg(context, options.init_cfg);
}

torch::Tensor CoarseMaskHead::compute(const torch::Tensor& roi_feats) {
  torch::Tensor feats = convolved(roi_feats);
  if (downsample_conv_) feats = downsample_conv_->forward(feats);
  feats = feats.flatten(1);
  for (const auto& fc : *fcs_) feats = relu().forward(fc->forward(feats));
  return fc_logits_->forward(feats).view({roi_feats.size(0), num_classes(), output_size_.height, output_size_.width});
}

DETFORGE_REGISTER(heads, CoarseMaskHead,
                  {.name = "CoarseMaskHead",
                   .python = "mmdet.models.roi_heads.mask_heads.coarse_mask_head.CoarseMaskHead",
                   .meaning = "small masks out of linear layers"});

}  // namespace detforge
