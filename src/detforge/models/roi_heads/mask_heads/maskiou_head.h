#pragma once

#include "detforge/boxes/samplers/sampler.h"
#include "detforge/data/masks/instance_masks.h"
#include "detforge/models/heads.h"
#include "detforge/models/losses/loss.h"
#include "detforge/models/training/losses.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/pair.h"

namespace detforge {

/// Mask Scoring R-CNN's head (arXiv 1903.00241): how well a mask fits, from the features that it was read from and itself;
/// [N, C, h, w] and [N, 2h, 2w] → [N, num_classes].
class MaskIoUHead : public nn::Module {
 public:
  struct Options {
    std::int64_t num_convs = 4;
    std::int64_t num_fcs = 2;
    nn::Pair roi_feat_size = 14;
    std::int64_t in_channels = 256;
    std::int64_t conv_out_channels = 256;
    std::int64_t fc_out_channels = 1024;
    std::int64_t num_classes = 80;
    ConfigDict loss_iou = {{"type", "MSELoss"}, {"loss_weight", 0.5}};
    std::optional<Value> init_cfg = default_init_cfg();
  };
  static Arguments<Options> arguments();

  MaskIoUHead(const Options& options, const BuildContext& context);

  /// `mask_pred` before the sigmoid.
  torch::Tensor forward(const torch::Tensor& mask_feats, const torch::Tensor& mask_pred);

  /// The IoU [P] of each predicted mask with the whole of its object, which may reach out of the region. `mask_pred` [P, h, w] counts
  /// from `threshold` on, as it is before the sigmoid; `mask_targets` [P, h, w].
  torch::Tensor get_targets(std::span<const SamplingResult> samples, std::span<const InstanceMasks> gt_masks,
                            const torch::Tensor& mask_pred, const torch::Tensor& mask_targets, double threshold) const;
  /// `predicted` and `targets` [P]; targets of 0 do not count.
  Losses loss(const torch::Tensor& predicted, const torch::Tensor& targets);

 private:
  static Value default_init_cfg();

  std::shared_ptr<nn::ModuleList<>> convs_;
  std::shared_ptr<nn::ModuleList<>> fcs_;
  std::shared_ptr<nn::Layer> fc_mask_iou_;
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<nn::Layer> max_pool_;
  std::shared_ptr<Loss> loss_iou_;
};

}  // namespace detforge
