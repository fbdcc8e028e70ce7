#pragma once

#include "detforge/models/dense_heads/anchor/anchor_head.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/nn/layers/scale.h"

namespace detforge {

/// ATSS's head (arXiv 1912.02424): RetinaNet's with a scale for each level's boxes and how much in the middle of its box an
/// anchor is.
class ATSSHead : public AnchorHead {
 public:
  struct Options : AnchorHead::Options {
    std::int64_t pred_kernel_size = 3;
    std::int64_t stacked_convs = 4;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "GN"}, {"num_groups", 32}, {"requires_grad", true}};
    ConfigDict loss_centerness = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"loss_weight", 1.0}};
    Options();
  };
  static Arguments<Options> arguments();

  ATSSHead(const Options& options, const BuildContext& context) : ATSSHead("ATSSHead", options, context) {}

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 protected:
  ATSSHead(std::string python_name, const Options& options, const BuildContext& context);
  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override {
    return decode_anchors(outputs, metas, 2, selection(activation()));
  }
  Loss& loss_centerness() { return *loss_centerness_; }

 private:
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<StackedConvs> cls_convs_;
  std::shared_ptr<StackedConvs> reg_convs_;
  std::shared_ptr<nn::Conv2d> atss_cls_;
  std::shared_ptr<nn::Conv2d> atss_reg_;
  std::shared_ptr<nn::Conv2d> atss_centerness_;
  std::shared_ptr<nn::ModuleList<nn::Scale>> scales_;
  std::shared_ptr<Loss> loss_centerness_;
};

/// How much in the middle of their boxes [P, 4] anchors [P, 4] are: [P] in [0, 1].
torch::Tensor anchor_centerness(const torch::Tensor& anchors, const torch::Tensor& boxes);

/// The middles [..., 2] of anchors [..., 4].
torch::Tensor anchor_centers(const torch::Tensor& anchors);

}  // namespace detforge
