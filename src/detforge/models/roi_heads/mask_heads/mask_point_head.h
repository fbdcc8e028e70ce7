#pragma once

#include "detforge/boxes/samplers/sampler.h"
#include "detforge/data/masks/instance_masks.h"
#include "detforge/models/heads.h"
#include "detforge/models/losses/loss.h"
#include "detforge/models/roi_heads/rcnn_cfg.h"
#include "detforge/models/training/losses.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// PointRend's point head (arXiv 1912.08193): decides single points of masks from the pyramid's features and the coarse mask there.
/// Points are (x, y) within their region, 0 and 1 at its borders.
class MaskPointHead : public nn::Module {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t num_fcs = 3;
    std::int64_t in_channels = 256;
    std::int64_t fc_channels = 256;
    bool class_agnostic = false;
    bool coarse_pred_each_layer = true;
    ConfigDict conv_cfg = {{"type", "Conv1d"}};
    std::optional<ConfigDict> norm_cfg;
    ConfigDict act_cfg = {{"type", "ReLU"}};
    ConfigDict loss_point = {{"type", "CrossEntropyLoss"}, {"use_mask", true}, {"loss_weight", 1.0}};
    std::optional<Value> init_cfg = Value::dict({{"type", "Normal"}, {"std", 0.001}, {"override", Value::dict({{"name", "fc_logits"}})}});
  };
  static Arguments<Options> arguments();

  MaskPointHead(const Options& options, const BuildContext& context);

  /// `fine_feats` [N, in_channels, P] of the pyramid, `coarse_feats` [N, num_classes, P] of the coarse mask → [N, num_classes or 1, P]
  /// before the sigmoid.
  torch::Tensor forward(const torch::Tensor& fine_feats, const torch::Tensor& coarse_feats);

  /// The points [N, num_points, 2] to learn from: the most uncertain among random ones of the masks [N, num_classes or 1, h, w] of the
  /// classes `labels` [N], and random ones. Draws from torch's generator.
  static torch::Tensor training_points(const torch::Tensor& mask_pred, const torch::Tensor& labels, const RcnnTrainCfg& config);
  /// The values of the objects' masks at the points of their regions, [N, num_points].
  torch::Tensor get_targets(const torch::Tensor& points, std::span<const SamplingResult> samples,
                            std::span<const InstanceMasks> gt_masks) const;
  Losses loss(const torch::Tensor& point_pred, const torch::Tensor& point_targets, const torch::Tensor& labels);

  struct UncertainPoints {
    torch::Tensor indices;  ///< [N, P] of pixels, row by row
    torch::Tensor points;   ///< [N, P, 2] their middles
  };
  /// The pixels, at most `count`, of the masks of the classes `labels` [N] that are nearest to undecided.
  static UncertainPoints uncertain_points(const torch::Tensor& mask_pred, const torch::Tensor& labels, std::int64_t count);

 private:
  bool class_agnostic_;
  bool coarse_pred_each_layer_;
  std::shared_ptr<Loss> loss_point_;
  std::shared_ptr<nn::ModuleList<>> fcs_;
  std::shared_ptr<nn::Layer> fc_logits_;
};

}  // namespace detforge
