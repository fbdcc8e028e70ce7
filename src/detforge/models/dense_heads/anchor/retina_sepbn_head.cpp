#include "detforge/models/dense_heads/anchor/anchor_head.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"

namespace detforge {

/// RetinaHead whose levels share convolutions, but not normalisations (NAS-FPN, arXiv 1904.07392).
class RetinaSepBNHead : public AnchorHead {
 public:
  struct Options : AnchorHead::Options {
    std::int64_t num_ins = 0;
    std::int64_t stacked_convs = 4;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    Options() { init_cfg = std::nullopt; }
  };
  static Arguments<Options> arguments() {
    return {AnchorHead::arguments(), arg(&Options::num_ins, "num_ins", required, "number of levels").at_least(1),
            arg(&Options::stacked_convs, "stacked_convs", "convolutions of each tower").at_least(0),
            arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
            arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none")};
  }

  RetinaSepBNHead(const Options& options, const BuildContext& context);

 protected:
  HeadOutputs compute(const nn::Features& features) override;

 private:
  using Towers = nn::ModuleList<StackedConvs>;
  std::shared_ptr<Towers> towers(const Options& options, const BuildContext& context) const;

  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<Towers> cls_convs_;
  std::shared_ptr<Towers> reg_convs_;
  std::shared_ptr<nn::Conv2d> retina_cls_;
  std::shared_ptr<nn::Conv2d> retina_reg_;
};

RetinaSepBNHead::RetinaSepBNHead(const Options& options, const BuildContext& context) : AnchorHead("RetinaSepBNHead", options, context) {
  if (options.init_cfg && !options.init_cfg->is_none()) throw ArgumentError("init_cfg", "can not be set here: must be None");
  const std::int64_t channels = options.stacked_convs > 0 ? options.feat_channels : options.in_channels;
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  cls_convs_ = register_module("cls_convs", towers(options, context));
  reg_convs_ = register_module("reg_convs", towers(options, context));
  retina_cls_ = register_module("retina_cls", prediction_conv(channels, num_anchors() * cls_out_channels(), context));
  retina_reg_ = register_module("retina_reg", prediction_conv(channels, num_anchors() * 4, context));
}

std::shared_ptr<RetinaSepBNHead::Towers> RetinaSepBNHead::towers(const Options& options, const BuildContext& context) const {
  auto all = std::make_shared<Towers>();
  for (std::int64_t level = 0; level < options.num_ins; ++level) {
    const auto tower =
        stacked_convs(options.stacked_convs, options.in_channels, options.feat_channels, options.conv_cfg, options.norm_cfg, context);
    if (level > 0) {
      for (std::size_t i = 0; i < tower->size(); ++i) (*tower)[i].share_conv((*all)[0][i]);
    }
    all->append(tower);
  }
  return all;
}

HeadOutputs RetinaSepBNHead::compute(const nn::Features& features) {
  if (features.size() != cls_convs_->size()) {
    throw Error("RetinaSepBNHead has num_ins=" + std::to_string(cls_convs_->size()) + " levels, but the neck gives " +
                std::to_string(features.size()));
  }
  nn::Features cls_scores, bbox_preds;
  for (std::size_t level = 0; level < features.size(); ++level) {
    cls_scores.push_back(retina_cls_->forward(apply_all((*cls_convs_)[level], features[level])));
    bbox_preds.push_back(retina_reg_->forward(apply_all((*reg_convs_)[level], features[level])));
  }
  return {cls_scores, bbox_preds};
}

DETFORGE_REGISTER(heads, RetinaSepBNHead,
                  {.name = "RetinaSepBNHead",
                   .python = "mmdet.models.dense_heads.retina_sepbn_head.RetinaSepBNHead",
                   .meaning = "RetinaHead with a normalisation of its own on each level"});

}  // namespace detforge
