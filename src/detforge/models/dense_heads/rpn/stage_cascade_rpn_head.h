#pragma once

#include "detforge/models/dense_heads/anchor/anchor_head.h"
#include "detforge/models/dense_heads/rpn/adaptive_conv.h"
#include "detforge/models/dense_heads/rpn/rpn_test_cfg.h"
#include "detforge/nn/activations/relu.h"

namespace detforge {

/// The anchors of a batch: per image, per level [H_i·W_i, 4] xyxy px.
using ImageAnchors = std::vector<std::vector<torch::Tensor>>;

/// One stage of Cascade RPN (arXiv 1909.06720), which moves the anchors that the stage before left, one at each place, and perhaps scores
/// them. Features [N, in_channels, H_i, W_i] → those for the next stage, scores [N, channels, H_i, W_i] (no levels where it has none), box
/// codes [N, 4, H_i, W_i]. What becomes of them is the CascadeRPNHead's affair.
class StageCascadeRPNHead : public AnchorHead {
 public:
  struct Options : AnchorHead::Options {
    ConfigDict adapt_cfg = {{"type", "dilation"}, {"dilation", 3}};
    bool bridged_feature = false;
    bool with_cls = true;
    bool sampling = true;
    std::int64_t num_convs = 1;
    Options();
  };
  static Arguments<Options> arguments();

  StageCascadeRPNHead(const Options& options, const BuildContext& context);

  using AnchorHead::forward;
  HeadOutputs forward(const nn::Features& features, const ImageAnchors& anchors);

  /// The generator's anchors for the maps of each of so many images.
  ImageAnchors first_anchors(const nn::Features& features, std::size_t images) const;
  /// Where the predictions move the anchors; within the images of `metas`, where there are any. Without gradient.
  ImageAnchors refined(const ImageAnchors& anchors, const HeadOutputs& outputs, std::span<const ImageMeta> metas) const;
  /// `loss_rpn_cls`, where the stage has scores, and `loss_rpn_reg`.
  Losses losses_of(const HeadOutputs& outputs, const ImageAnchors& anchors, const Targets& targets);
  /// Of outputs and anchors on the CPU. Throws `Error` for a stage without scores.
  torch::Tensor proposals(const HeadOutputs& outputs, const std::vector<torch::Tensor>& anchors, std::size_t image, const ImageMeta& meta,
                          const RpnTestCfg& cfg) const;

  /// Throws `Error`: a stage does not stand alone.
  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  /// Throws `Error` as well.
  std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) override;

 protected:
  HeadOutputs compute(const nn::Features& features) override { return stage_outputs(features, first_anchors(features, 1)); }

 private:
  HeadOutputs stage_outputs(const nn::Features& features, const ImageAnchors& anchors);
  AnchorTargets region_targets(const torch::Tensor& anchors, const torch::Tensor& valid, std::span<const ImageSize> sizes,
                               const Targets& targets, std::size_t image) const;

  bool bridged_feature_;
  bool sampling_;
  bool assigns_by_region_ = false;
  double anchor_scale_;
  std::shared_ptr<AdaptiveConv> rpn_conv_;
  std::shared_ptr<nn::Conv2d> rpn_cls_;  // null without scores
  std::shared_ptr<nn::Conv2d> rpn_reg_;
  std::shared_ptr<nn::ReLU> relu_;
};

}  // namespace detforge
