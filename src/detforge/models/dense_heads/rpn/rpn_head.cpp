#include "detforge/models/dense_heads/rpn/rpn_head.h"

#include "detforge/models/dense_heads/parts/stacked_convs.h"

namespace detforge {

Arguments<RPNHead::Options> RPNHead::arguments() {
  return {AnchorHead::arguments_without_classes(), arg(&Options::num_convs, "num_convs", "3×3 convolutions").at_least(1).since_v2_27()};
}

RPNHead::RPNHead(const Options& options, const BuildContext& context)
    : AnchorHead("RPNHead", without_test_cfg(options), context),
      context_(context),
      rpn_test_cfg_(rpn_test_cfg_from(options.test_cfg, "the test_cfg of RPNHead", context.child("test_cfg"))) {
  if (options.num_convs > 1) {
    auto convs = std::make_shared<nn::Sequential>();
    for (std::int64_t i = 0; i < options.num_convs; ++i) {
      nn::ConvModule::Options conv;
      conv.in_channels = i == 0 ? options.in_channels : options.feat_channels;
      conv.out_channels = options.feat_channels;
      conv.kernel_size = 3;
      conv.padding = 1;
      conv.layers.act_cfg = ConfigDict{{"type", "ReLU"}};
      conv.inplace = false;
      convs->append(std::make_shared<nn::ConvModule>(conv, context));
    }
    rpn_conv_ = register_module("rpn_conv", convs);
  } else {
    rpn_conv_ = register_module("rpn_conv", prediction_conv(options.in_channels, options.feat_channels, context));
  }
  rpn_cls_ = register_module("rpn_cls", prediction_conv(options.feat_channels, num_anchors() * cls_out_channels(), context, 1));
  rpn_reg_ = register_module("rpn_reg", prediction_conv(options.feat_channels, num_anchors() * 4, context, 1));
}

AnchorHead::Prediction RPNHead::forward_single(const torch::Tensor& feature) {
  const torch::Tensor hidden = torch::relu(rpn_conv_->forward(feature));
  return {rpn_cls_->forward(hidden), rpn_reg_->forward(hidden)};
}

Losses RPNHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const Losses by_level = loss_by_level(outputs, get_targets(outputs.at(0), targets, /*with_labels=*/false));
  Losses losses;
  losses.set("loss_rpn_cls", by_level.find("loss_cls")->values);
  losses.set("loss_rpn_bbox", by_level.find("loss_bbox")->values);
  return losses;
}

const RpnTestCfg& RPNHead::rpn_test_cfg() const {
  if (!rpn_test_cfg_) throw missing_test_cfg("RPNHead");
  return *rpn_test_cfg_;
}

Proposals RPNHead::proposals(const HeadOutputs& outputs, std::span<const ImageMeta> metas, const RpnTestCfg& cfg) const {
  const nn::Features cls_scores = on_cpu(outputs.at(0)), bbox_preds = on_cpu(outputs.at(1));
  const LevelOutputs levels{.cls_scores = cls_scores, .bbox_preds = bbox_preds, .channels = cls_out_channels()};
  const std::vector<torch::Tensor> anchors = prior_generator().grid_priors(featmap_sizes(cls_scores), torch::kFloat);
  Proposals all;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    all.push_back(proposals_at(anchors, levels, image, metas[image], bbox_coder(), activation(), cfg, reference()));
  }
  return all;
}

std::vector<Detections> RPNHead::predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) {
  return as_detections(proposals(outputs, metas, rpn_test_cfg()), metas, rescale);
}

Proposals RPNHead::propose(const nn::Features& features, std::span<const ImageMeta> metas) {
  return proposals(forward(features), metas, rpn_test_cfg());
}

std::pair<Losses, Proposals> RPNHead::learn_and_propose(const nn::Features& features, const Targets& targets,
                                                        const std::optional<ConfigDict>& proposal_cfg) {
  const HeadOutputs outputs = forward(features);
  const auto cfg = rpn_test_cfg_from(proposal_cfg, "the rpn_proposal of the train_cfg", context_.child("train_cfg.rpn_proposal"));
  return {loss(outputs, targets), proposals(outputs, targets.metas, cfg ? *cfg : rpn_test_cfg())};
}

torch::Tensor RPNHead::aug_propose(std::span<const nn::Features> views, std::span<const ImageMeta> metas) {
  return merge_views(*this, views, metas, rpn_test_cfg());
}

Detections RPNHead::aug_predict(std::span<const nn::Features> views, std::span<const ImageMeta> metas, bool rescale) {
  return merged_as_detections(aug_propose(views, metas), metas, rescale);
}

DETFORGE_REGISTER(heads, RPNHead,
                  {.name = "RPNHead",
                   .python = "mmdet.models.dense_heads.rpn_head.RPNHead",
                   .meaning = "region proposals: anchors that are objects or not"});

}  // namespace detforge
