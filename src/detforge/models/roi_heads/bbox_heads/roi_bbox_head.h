#pragma once

#include <span>
#include <vector>

#include "detforge/boxes/samplers/sampler.h"
#include "detforge/data/image_meta.h"
#include "detforge/models/heads.h"
#include "detforge/models/training/losses.h"

namespace detforge {

/// What a box head says of each of N regions.
struct BBoxOutputs {
  torch::Tensor cls_score;    ///< [N, num_classes + 1] before the activation; undefined without classification
  nn::Features bbox_pred;     ///< one [N, 4 or 4 · num_classes], or the several that a coder wants; empty without regression
  torch::Tensor shared_feat;  ///< [N, C] what SCNet's other branches use; else undefined

  /// Those of the regions from `begin` on.
  BBoxOutputs slice(std::int64_t begin, std::int64_t end) const;
};

/// The defined ones in the order of Python's results.
void append_tensors(const BBoxOutputs& outputs, std::vector<torch::Tensor>& all);

/// What it should have said.
struct BBoxTargets {
  torch::Tensor labels;         ///< [N] int64; num_classes is the background
  torch::Tensor label_weights;  ///< [N]
  nn::Features bbox_targets;    ///< as many as `bbox_pred`
  nn::Features bbox_weights;    ///< of their shapes
};

/// Boxes and scores before non-maximum suppression.
struct ScoredBoxes {
  torch::Tensor boxes;          ///< [N, 4 or 4 · num_classes] xyxy px of the network's input
  torch::Tensor scores;         ///< [N, num_classes + 1], the last for the background
  torch::Tensor score_factors;  ///< [N] by which scores are multiplied; undefined: 1
};

/// The box head of a second stage: features of regions to classes and boxes.
class RoIBBoxHead : public nn::Module {
 public:
  RoIBBoxHead(std::string python_name, std::int64_t num_classes) : Module(std::move(python_name)), num_classes_(num_classes) {}

  /// `roi_feats` [N, C, h, w]. A head whose two branches see regions of different sizes takes the second's as `reg_feats`; the
  /// others leave it unread.
  BBoxOutputs forward(const torch::Tensor& roi_feats, const torch::Tensor& reg_feats = {});

  /// `pos_weight` is the weight of positive labels, 1 where it is not above 0.
  virtual BBoxTargets get_targets(std::span<const SamplingResult> samples, double pos_weight) const = 0;
  /// `rois` [N, 5].
  virtual Losses loss(const BBoxOutputs& outputs, const torch::Tensor& rois, const BBoxTargets& targets) = 0;
  /// [N]: what each region loses by the name `loss_key` if it shows the class `labels` [N]. Throws `Error` where no loss has that name.
  virtual torch::Tensor classification_losses(const torch::Tensor& cls_score, const torch::Tensor& labels, const std::string& loss_key) = 0;
  /// What a sampler of hard examples wants to know of the regions behind `outputs`.
  Judgement judge(const BBoxOutputs& outputs, const torch::Tensor& labels, const std::string& loss_key);

  /// Of the regions `rois` [N, 5] of one image.
  virtual ScoredBoxes get_bboxes(const torch::Tensor& rois, const BBoxOutputs& outputs, const ImageMeta& meta) const = 0;
  /// The boxes [N, 4] that the predictions for `labels` [N] make of `boxes` [N, 4] of one image.
  virtual torch::Tensor regress_by_class(const torch::Tensor& boxes, const torch::Tensor& labels, const BBoxOutputs& outputs,
                                         const ImageMeta& meta) const = 0;
  /// The scores among which the best class is looked for: of losses with their own activation the activated ones.
  virtual torch::Tensor comparable_scores(const torch::Tensor& cls_score) const { return cls_score; }

  /// The proposals of the next stage, per image [n, 4]: those of `regress_by_class`, without those that were objects themselves
  /// (`samples[i].pos_is_gt`).
  std::vector<torch::Tensor> refine_bboxes(const torch::Tensor& rois, const torch::Tensor& labels, const BBoxOutputs& outputs,
                                           std::span<const SamplingResult> samples, std::span<const ImageMeta> metas) const;

  std::int64_t num_classes() const { return num_classes_; }
  /// Of `bbox_pred`, where it is one tensor.
  virtual BBoxCoder* bbox_coder() const = 0;

 protected:
  virtual BBoxOutputs compute(const torch::Tensor& roi_feats, const torch::Tensor& reg_feats) = 0;

 private:
  std::int64_t num_classes_;
};

}  // namespace detforge
