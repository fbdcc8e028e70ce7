#pragma once

#include "detforge/models/heads.h"
#include "detforge/models/losses/loss.h"
#include "detforge/models/training/losses.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/pair.h"

namespace detforge {

/// Mask R-CNN's mask head (arXiv 1703.06870): convolutions, an enlargement and a mask of each class for every region,
/// [N, in_channels, h, w] → [N, num_classes, s·h, s·w] before the sigmoid; the base of the other mask heads.
class FCNMaskHead : public nn::Module {
 public:
  struct Options {
    std::int64_t num_convs = 4;
    nn::Pair roi_feat_size = 14;
    std::int64_t in_channels = 256;
    std::int64_t conv_kernel_size = 3;
    std::int64_t conv_out_channels = 256;
    std::int64_t num_classes = 80;
    bool class_agnostic = false;
    ConfigDict upsample_cfg = {{"type", "deconv"}, {"scale_factor", 2}};
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    ConfigDict predictor_cfg = {{"type", "Conv"}};
    ConfigDict loss_mask = {{"type", "CrossEntropyLoss"}, {"use_mask", true}, {"loss_weight", 1.0}};
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  FCNMaskHead(const Options& options, const BuildContext& context) : FCNMaskHead("FCNMaskHead", options, context) {}

  torch::Tensor forward(const torch::Tensor& roi_feats) {
    return nn::observed(*this, {&roi_feats, 1}, [&] { return compute(roi_feats); });
  }

  /// `mask_pred` as `forward` gives it, `mask_targets` [N, s·h, s·w], `labels` [N]. 0 without regions.
  Losses loss(const torch::Tensor& mask_pred, const torch::Tensor& mask_targets, const torch::Tensor& labels);
  /// The masks [N, h, w] of the regions' own classes `labels` [N] among `masks` [N, num_classes or 1, h, w].
  torch::Tensor masks_of(const torch::Tensor& masks, const torch::Tensor& labels) const;

  std::int64_t num_classes() const { return options_.num_classes; }
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  FCNMaskHead(std::string python_name, const Options& options, const BuildContext& context);
  /// For heads that have predictors of their own, and those whose convolutions are residual blocks.
  struct Parts {
    bool predictor = true;
    bool residual = false;
  };
  FCNMaskHead(std::string python_name, const Options& options, const Parts& parts, const BuildContext& context);

  virtual torch::Tensor compute(const torch::Tensor& roi_feats) { return logits(convolved(roi_feats)); }
  torch::Tensor convolved(torch::Tensor feats);
  torch::Tensor logits(torch::Tensor feats);

  const Options& options() const { return options_; }
  nn::Layer& relu() { return *relu_; }
  /// Channels of what `convolved` gives.
  std::int64_t convolved_channels() const { return options_.num_convs > 0 ? options_.conv_out_channels : options_.in_channels; }

 private:
  Options options_;
  bool relu_after_upsample_ = false;
  std::shared_ptr<Loss> loss_mask_;
  std::shared_ptr<nn::ModuleList<>> convs_;
  std::shared_ptr<nn::Layer> upsample_;
  std::shared_ptr<nn::Layer> conv_logits_;
  std::shared_ptr<nn::Layer> relu_;
};

}  // namespace detforge
