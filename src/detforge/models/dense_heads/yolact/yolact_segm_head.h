#pragma once

#include "detforge/models/heads.h"
#include "detforge/models/losses/loss.h"
#include "detforge/models/training/losses.h"
#include "detforge/models/training/targets.h"
#include "detforge/nn/layers/conv2d.h"

namespace detforge {

/// What YOLACT learns beside its masks (arXiv 1904.02689), and drops after training: which classes are where,
/// [N, in_channels, H, W] → [N, num_classes, H, W].
class YOLACTSegmHead : public nn::Module {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t in_channels = 256;
    ConfigDict loss_segm = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"loss_weight", 1.0}};
    std::optional<Value> init_cfg =
        Value::dict({{"type", "Xavier"}, {"distribution", "uniform"}, {"override", Value::dict({{"name", "segm_conv"}})}});
  };
  static Arguments<Options> arguments();

  YOLACTSegmHead(const Options& options, const BuildContext& context);

  torch::Tensor forward(const torch::Tensor& feature) {
    return nn::observed(*this, {&feature, 1}, [&] { return segm_conv_->forward(feature); });
  }
  /// `loss_segm` of each image.
  Losses loss(const torch::Tensor& segm_pred, const Targets& targets) const;

 private:
  std::shared_ptr<Loss> loss_segm_;
  std::shared_ptr<nn::Conv2d> segm_conv_;
};

}  // namespace detforge
