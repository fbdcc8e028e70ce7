#pragma once

#include "detforge/models/dense_heads/anchor/anchor_head.h"
#include "detforge/models/dense_heads/rpn/proposals.h"

namespace detforge {

/// The region proposal network's head (Faster R-CNN, arXiv 1506.01497): anchors that are objects or not.
class RPNHead : public AnchorHead, public ProposalSource {
 public:
  struct Options : AnchorHead::Options {
    std::int64_t num_convs = 1;
    Options() { num_classes = 1; }
  };
  static Arguments<Options> arguments();

  RPNHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  /// The proposals as detections of one class.
  std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) override;
  Detections aug_predict(std::span<const nn::Features> views, std::span<const ImageMeta> metas, bool rescale) override;

  Proposals propose(const nn::Features& features, std::span<const ImageMeta> metas) override;
  std::pair<Losses, Proposals> learn_and_propose(const nn::Features& features, const Targets& targets,
                                                 const std::optional<ConfigDict>& proposal_cfg) override;
  torch::Tensor aug_propose(std::span<const nn::Features> views, std::span<const ImageMeta> metas) override;

 protected:
  Prediction forward_single(const torch::Tensor& feature) override;

 private:
  Proposals proposals(const HeadOutputs& outputs, std::span<const ImageMeta> metas, const RpnTestCfg& cfg) const;
  const RpnTestCfg& rpn_test_cfg() const;

  BuildContext context_;
  std::optional<RpnTestCfg> rpn_test_cfg_;
  std::shared_ptr<nn::Layer> rpn_conv_;
  std::shared_ptr<nn::Conv2d> rpn_cls_;
  std::shared_ptr<nn::Conv2d> rpn_reg_;
};

}  // namespace detforge
