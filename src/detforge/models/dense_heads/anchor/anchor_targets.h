#pragma once

#include "detforge/boxes/anchor_layout.h"
#include "detforge/boxes/coders/bbox_coder.h"
#include "detforge/boxes/prior_generators/prior_generator.h"
#include "detforge/models/dense_heads/anchor/anchor_train_cfg.h"
#include "detforge/models/training/targets.h"

/// What the anchors of a head should have said: MMDetection's `get_targets`, piece by piece. Boxes are xyxy px of the
/// network's input; B anchors of an image, all levels one after the other.
namespace detforge {

/// How many of the anchors lie on each level.
std::vector<std::int64_t> level_sizes(std::span<const torch::Tensor> levels);

/// [N, A·K, H, W] to [N, H·W·A, K], the order of anchors.
torch::Tensor by_anchor(const torch::Tensor& map, std::int64_t values_per_anchor);
/// The same of all levels, one after the other: [N, B, K].
torch::Tensor by_anchor(std::span<const torch::Tensor> levels, std::int64_t values_per_anchor);

/// The targets of one image.
struct AnchorTargets {
  torch::Tensor anchors;        ///< [B, 4] as given
  torch::Tensor labels;         ///< [B] int64; num_classes for background
  torch::Tensor label_weights;  ///< [B]
  torch::Tensor bbox_targets;   ///< [B, 4]
  torch::Tensor bbox_weights;   ///< [B, 4]
  torch::Tensor gt_inds;        ///< [B] int64: the object of each positive, -1 elsewhere
  torch::Tensor shadowed;       ///< [M, 2] int64: anchors and classes that they are not held wrong for; undefined without such
  torch::Tensor overlaps;       ///< [B] with the object, where the assigner tells it
  torch::Tensor metrics;        ///< [B] TaskAlignedAssigner's `assign_metrics`
  SamplingResult sampled;       ///< indices into the anchors that are inside
};

struct AnchorTargetRules {
  const AnchorTrainCfg& cfg;
  const BBoxCoder* bbox_coder = nullptr;  ///< null: boxes themselves are the targets
  std::int64_t num_classes = 0;
  const Assigner* assigner = nullptr;  ///< instead of the cfg's
};

/// What some assigners want to know of the predictions of one image.
struct AnchorPredictions {
  torch::Tensor cls_scores;  ///< [B, num_classes]
  torch::Tensor bboxes;      ///< [B, 4] px

  /// Those of each image, out of scores [N, B, num_classes] and boxes [N, B, 4].
  static std::vector<AnchorPredictions> by_image(const torch::Tensor& cls_scores, const torch::Tensor& bboxes);
};

/// The targets of anchors [B, 4], so many on each level, `valid` [B], for the objects [G, 4] of one image. Without labels
/// every object is of the first class. Where no anchor is inside, nothing counts.
AnchorTargets anchor_targets(const AnchorTargetRules& rules, const torch::Tensor& anchors, std::span<const std::int64_t> level_sizes,
                             const torch::Tensor& valid, const Targets& targets, std::size_t image, bool with_labels,
                             const AnchorPredictions& predictions = {});

/// The targets of a batch.
struct BatchTargets {
  std::vector<torch::Tensor> anchors;  ///< per level [B_i, 4]
  std::vector<AnchorTargets> images;
  std::int64_t num_total_pos = 0;  ///< at least 1 of each image
  std::int64_t num_total_neg = 0;

  /// Appends an image's targets and counts its positives and negatives.
  void add(AnchorTargets image);
  std::vector<std::int64_t> level_sizes() const { return detforge::level_sizes(anchors); }
  /// One member of all images, level by level [N, B_i, …].
  std::vector<torch::Tensor> levels(torch::Tensor AnchorTargets::*member) const;
  /// The same, all levels of an image one after the other: [N, B, …].
  torch::Tensor stacked(torch::Tensor AnchorTargets::*member) const;
  std::vector<SamplingResult> sampled() const;
};

/// Those of the anchors that `generator` gives for `maps` [N, C, H_i, W_i], with what was predicted of each image, if any.
BatchTargets batch_targets(const PriorGenerator& generator, std::span<const torch::Tensor> maps, const AnchorTargetRules& rules,
                           const Targets& targets, bool with_labels = true, std::span<const AnchorPredictions> predictions = {});

}  // namespace detforge
