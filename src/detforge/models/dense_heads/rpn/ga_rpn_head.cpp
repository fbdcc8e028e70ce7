#include "detforge/boxes/bbox_transforms.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/models/dense_heads/rpn/guided_anchor_head.h"
#include "detforge/models/dense_heads/rpn/proposals.h"

namespace detforge {

/// A region proposal head with guided anchors (arXiv 1901.03278). NMS is done level by level, the best of all levels are kept.
class GARPNHead : public GuidedAnchorHead, public ProposalSource {
 public:
  struct Options : GuidedAnchorHead::Options {
    Options() { num_classes = 1; }
  };
  static Arguments<Options> arguments() { return {arguments_without_classes()}; }

  GARPNHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) override;
  Detections aug_predict(std::span<const nn::Features> views, std::span<const ImageMeta> metas, bool rescale) override;

  Proposals propose(const nn::Features& features, std::span<const ImageMeta> metas) override {
    return proposals(forward(features), metas, rpn_test_cfg());
  }
  std::pair<Losses, Proposals> learn_and_propose(const nn::Features& features, const Targets& targets,
                                                 const std::optional<ConfigDict>& proposal_cfg) override;
  torch::Tensor aug_propose(std::span<const nn::Features> views, std::span<const ImageMeta> metas) override;

 protected:
  Prediction forward_single(const torch::Tensor& feature) override {
    return GuidedAnchorHead::forward_single(torch::relu(rpn_conv_->forward(feature)));
  }

 private:
  const RpnTestCfg& rpn_test_cfg() const {
    if (!rpn_test_cfg_) throw missing_test_cfg("GARPNHead");
    return *rpn_test_cfg_;
  }
  Proposals proposals(const HeadOutputs& outputs, std::span<const ImageMeta> metas, const RpnTestCfg& cfg) const;

  std::optional<RpnTestCfg> rpn_test_cfg_;
  std::shared_ptr<nn::Conv2d> rpn_conv_;
};

GARPNHead::GARPNHead(const Options& options, const BuildContext& context)
    : GuidedAnchorHead("GARPNHead", without_test_cfg(options), context),
      rpn_test_cfg_(rpn_test_cfg_from(options.test_cfg, "the test_cfg of GARPNHead", context.child("test_cfg"))) {
  rpn_conv_ = register_module("rpn_conv", prediction_conv(options.in_channels, options.feat_channels, context));
  init_layers();
}

Losses GARPNHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const Losses all = losses_of(outputs, targets, /*with_labels=*/false);
  Losses losses;
  losses.set("loss_rpn_cls", all.find("loss_cls")->values);
  losses.set("loss_rpn_bbox", all.find("loss_bbox")->values);
  losses.set("loss_anchor_shape", all.find("loss_shape")->values);
  losses.set("loss_anchor_loc", all.find("loss_loc")->values);
  return losses;
}

Proposals GARPNHead::proposals(const HeadOutputs& given, std::span<const ImageMeta> metas, const RpnTestCfg& cfg) const {
  HeadOutputs outputs;
  for (const nn::Features& levels : given) outputs.push_back(on_cpu(levels));
  const std::vector<torch::Tensor> squares = anchors().squares().grid_priors(featmap_sizes(outputs.at(0)), torch::kFloat);
  RpnTestCfg of_level = cfg;
  of_level.max_per_img = cfg.nms_post;
  Proposals all;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    std::vector<torch::Tensor> levels = {torch::zeros({0, 5})};
    for (std::size_t level = 0; level < squares.size(); ++level) {
      const Guided guided = guided_level(outputs, squares[level], level, image, cfg.nms_pre, metas[image]);
      levels.push_back(select_proposals(raw_proposals(guided.boxes, guided.scores.select(1, 0), /*level=*/0), of_level, reference()));
    }
    torch::Tensor merged = torch::cat(levels);
    if (cfg.nms_across_levels) {
      RpnTestCfg across = cfg;
      across.min_bbox_size = -1;
      across.max_per_img = cfg.max_merged;
      merged = select_proposals(raw_proposals(merged.slice(1, 0, 4), merged.select(1, 4), /*level=*/0), across, reference());
    } else {
      const std::int64_t count = cfg.max_merged > 0 ? std::min(cfg.max_merged, merged.size(0)) : merged.size(0);
      merged = merged.index({std::get<1>(merged.select(1, 4).topk(count))});
    }
    all.push_back(merged);
  }
  return all;
}

std::vector<Detections> GARPNHead::predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) {
  return as_detections(proposals(outputs, metas, rpn_test_cfg()), metas, rescale);
}

std::pair<Losses, Proposals> GARPNHead::learn_and_propose(const nn::Features& features, const Targets& targets,
                                                          const std::optional<ConfigDict>& proposal_cfg) {
  const HeadOutputs outputs = forward(features);
  const auto cfg = rpn_test_cfg_from(proposal_cfg, "the rpn_proposal of the train_cfg", context().child("train_cfg.rpn_proposal"));
  return {loss(outputs, targets), proposals(outputs, targets.metas, cfg ? *cfg : rpn_test_cfg())};
}

torch::Tensor GARPNHead::aug_propose(std::span<const nn::Features> views, std::span<const ImageMeta> metas) {
  return merge_views(*this, views, metas, rpn_test_cfg());
}

Detections GARPNHead::aug_predict(std::span<const nn::Features> views, std::span<const ImageMeta> metas, bool rescale) {
  return merged_as_detections(aug_propose(views, metas), metas, rescale);
}

DETFORGE_REGISTER(heads, GARPNHead,
                  {.name = "GARPNHead",
                   .python = "mmdet.models.dense_heads.ga_rpn_head.GARPNHead",
                   .meaning = "region proposals with guided anchors"});

}  // namespace detforge
