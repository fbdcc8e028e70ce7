#pragma once

#include "detforge/models/dense_heads/anchor/anchor_head.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/postprocess/fast_nms.h"

namespace detforge {

/// What YOLACT finds in an image.
struct YOLACTInstances {
  Detections detections;            ///< without masks, best first
  std::vector<float> coefficients;  ///< [N, num_protos] of their masks
};

/// YOLACT's boxes (arXiv 1904.02689): one tower for classes, boxes and, for each anchor, the coefficients of its mask in
/// terms of the prototypes. Outputs: class scores [N, A·channels, H_i, W_i], codes [N, A·4, …], coefficients [N, A·num_protos, …].
class YOLACTHead : public AnchorHead {
 public:
  struct Options : AnchorHead::Options {
    std::int64_t num_head_convs = 1;
    std::int64_t num_protos = 32;
    bool use_ohem = true;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    Options();
  };
  static Arguments<Options> arguments();

  YOLACTHead(const Options& options, const BuildContext& context);

  /// Losses of boxes and classes, and the anchors of each image that objects were given to.
  struct Learned {
    Losses losses;
    std::vector<SamplingResult> sampled;
  };
  Learned learn(const HeadOutputs& outputs, const Targets& targets);
  Losses loss(const HeadOutputs& outputs, const Targets& targets) override { return learn(outputs, targets).losses; }

  std::vector<YOLACTInstances> instances(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) const;
  std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) override;

 protected:
  HeadOutputs compute(const nn::Features& features) override;

 private:
  struct TestCfg;
  Losses hard_negative_losses(const HeadOutputs& outputs, const BatchTargets& targets);

  bool use_ohem_;
  std::int64_t num_protos_;
  std::shared_ptr<const TestCfg> yolact_test_cfg_;
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<StackedConvs> head_convs_;
  std::shared_ptr<nn::Conv2d> conv_cls_;
  std::shared_ptr<nn::Conv2d> conv_reg_;
  std::shared_ptr<nn::Conv2d> conv_coeff_;
};

}  // namespace detforge
