#pragma once

#include "detforge/models/dense_heads/parts/dense_head.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/models/dense_heads/solo/solo_targets.h"
#include "detforge/models/losses/loss.h"
#include "detforge/postprocess/grid_instances.h"

namespace detforge {

/// What the heads of SOLO and SOLOv2 (arXiv 1912.04488, 2003.10152) share: each level lays a grid over the image, and each of its cells
/// says which class the object has around whose middle it lies, and what its mask is. How masks are predicted is what they differ in.
class SoloBaseHead : public DenseHead {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t in_channels = 0;
    std::int64_t feat_channels = 256;
    std::int64_t stacked_convs = 4;
    std::vector<std::int64_t> strides = {4, 8, 16, 32, 64};
    std::vector<std::array<double, 2>> scale_ranges = {{8, 32}, {16, 64}, {32, 128}, {64, 256}, {128, 512}};
    double pos_scale = 0.2;
    std::vector<std::int64_t> num_grids = {40, 36, 24, 16, 12};
    std::int64_t cls_down_index = 0;
    std::optional<ConfigDict> loss_mask;
    std::optional<ConfigDict> loss_cls;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "GN"}, {"num_groups", 32}, {"requires_grad", true}};
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  /// `loss_mask` and `loss_cls`, over all levels. Throws `Error` where the targets have no masks.
  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  /// Detections with masks of the original image's size, whatever `rescale` says, best first. Their boxes are all 0.
  std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) override;

 protected:
  /// Without layers.
  SoloBaseHead(std::string python_name, const Options& options, const BuildContext& context);

  /// Small random numbers, and predictions of these names that begin at a probability of 0.01.
  static Value init_cfg_of(std::initializer_list<const char*> predictions);
  /// The head's 3×3 convolutions, of which `dcn_cfg` replaces the last one or all.
  enum class Deformed { LastConv, EveryConv };
  static std::shared_ptr<StackedConvs> tower(const Options& options, std::int64_t in_channels, const BuildContext& context,
                                             const std::optional<ConfigDict>& dcn_cfg = std::nullopt,
                                             Deformed deformed = Deformed::LastConv);

  /// Masks of some cells [P] of a level and an image, [P, h, w]: in training what `loss_mask` takes, else probabilities.
  virtual torch::Tensor masks_of(const HeadOutputs& outputs, std::size_t level, std::int64_t image, const torch::Tensor& cells) const = 0;
  /// The class logits of a head in training, [N, num_classes, num_grid, num_grid] per level.
  virtual const nn::Features& classes_of(const HeadOutputs& outputs) const { return outputs.back(); }
  /// The class scores of a level while the head does not train.
  virtual torch::Tensor scores_of(const HeadOutputs& outputs, std::size_t level) const { return classes_of(outputs).at(level); }
  /// The masks that a level predicts in training.
  struct MaskMap {
    ImageSize size;
    double stride_px = 1;
  };
  virtual MaskMap mask_map(const HeadOutputs& outputs, std::size_t level) const;
  /// What the grids cover: the batch's images with their padding.
  virtual ImageSize covered(const HeadOutputs& outputs) const;
  /// Whether a cell in the middle of several objects learns the mask of each.
  virtual bool learns_every_object() const { return false; }

  std::size_t num_levels() const { return num_grids_.size(); }
  std::int64_t num_grid(std::size_t level) const { return num_grids_.at(level); }
  /// The first level shrunk to the second one's size, the last one enlarged to that of the one before it. Throws `Error` for another
  /// number of levels than the head has.
  nn::Features resized(const nn::Features& features) const;
  /// The class logits of a feature, whose tower shrinks it to the level's grid on the way; where the head does not train, scores.
  torch::Tensor classify(torch::Tensor feature, std::size_t level, const StackedConvs& convs, nn::Conv2d& prediction) const;
  /// Predicted masks; where the head does not train, as probabilities at twice the size of `first_level`.
  torch::Tensor finish_masks(const torch::Tensor& masks, const torch::Tensor& first_level) const;

 private:
  struct TestCfg;
  Detections detections(const HeadOutputs& outputs, std::size_t image, const ImageMeta& meta) const;

  std::int64_t num_classes_;
  std::vector<std::int64_t> strides_;
  std::vector<std::array<double, 2>> scale_ranges_;
  double pos_scale_;
  std::vector<std::int64_t> num_grids_;
  std::int64_t cls_down_index_;
  std::optional<postprocess::GridInstances> instances_;  // none without a test_cfg
  std::shared_ptr<Loss> loss_cls_;
  std::shared_ptr<Loss> loss_mask_;
};

/// [N, C, H, W] → the same with two channels more: how far right and how far down each place lies, -1 to 1.
torch::Tensor with_coordinates(const torch::Tensor& feature);

/// Bilinear, to `height` × `width`.
torch::Tensor solo_resize(const torch::Tensor& feature, std::int64_t height, std::int64_t width);
/// The same to twice the size.
inline torch::Tensor solo_enlarge(const torch::Tensor& feature) { return solo_resize(feature, feature.size(2) * 2, feature.size(3) * 2); }

/// Scores [N, C, H, W], 0 where one of the places before (above, left, both) has a greater one.
torch::Tensor solo_peaks(const torch::Tensor& scores);

}  // namespace detforge
