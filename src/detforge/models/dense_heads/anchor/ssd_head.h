#pragma once

#include "detforge/models/dense_heads/anchor/anchor_based_head.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// SSD's head (arXiv 1512.02325): a softmax over classes and background, and hard negatives instead of a sampler. In v2.8
/// one convolution per level, boxes registered first; in v2.27 stacks (SSDLite's depthwise ones too), classes first.
class SSDHead : public AnchorBasedHead {
 public:
  struct Options {
    std::int64_t num_classes = 80;
    std::vector<std::int64_t> in_channels = {512, 1024, 512, 256, 256, 256};
    std::int64_t stacked_convs = 0;
    std::int64_t feat_channels = 256;
    bool use_depthwise = false;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    std::optional<ConfigDict> act_cfg;
    ConfigDict anchor_generator;
    ConfigDict bbox_coder;
    bool reg_decoded_bbox = false;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<Value> init_cfg = Value::dict({{"type", "Xavier"}, {"layer", "Conv2d"}, {"distribution", "uniform"}, {"bias", 0}});
    Options();
  };
  static Arguments<Options> arguments();

  SSDHead(const Options& options, const BuildContext& context) : SSDHead("SSDHead", options, context) {}

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 protected:
  SSDHead(std::string python_name, const Options& options, const BuildContext& context);
  HeadOutputs compute(const nn::Features& features) override;

  /// Predictions and targets, per image with all levels one after the other.
  struct Flat {
    torch::Tensor cls_scores;     ///< [N, B, num_classes + 1]
    torch::Tensor bbox_preds;     ///< [N, B, 4]
    torch::Tensor anchors;        ///< [B, 4]
    torch::Tensor labels;         ///< [N, B]
    torch::Tensor label_weights;  ///< [N, B]
    torch::Tensor bbox_targets;   ///< [N, B, 4]
    torch::Tensor bbox_weights;   ///< [N, B, 4]
  };
  Flat flatten(const HeadOutputs& outputs, const BatchTargets& targets) const;
  /// `loss_cls` and `loss_bbox`, a value per image.
  Losses loss_by_image(const Flat& flat, double num_total_samples) const;

 private:
  void add_single_convolutions(const Options& options, const BuildContext& context);
  void add_stacks(const Options& options, const BuildContext& context);

  std::shared_ptr<nn::ModuleList<>> cls_convs_;
  std::shared_ptr<nn::ModuleList<>> reg_convs_;
};

/// The sum of the losses [B] of positives and of the worst negatives, `neg_pos_ratio` of them for each positive.
torch::Tensor hard_negative_loss(const torch::Tensor& losses, const torch::Tensor& labels, std::int64_t num_classes, double neg_pos_ratio);

}  // namespace detforge
