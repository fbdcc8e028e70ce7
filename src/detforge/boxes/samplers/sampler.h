#pragma once

#include <torch/torch.h>

#include <functional>
#include <string>

#include "detforge/boxes/assigners/assigner.h"
#include "detforge/boxes/coders/bbox_coder.h"

namespace detforge {

/// The priors of one image that a head learns from. P positive and M negative ones of B.
struct SamplingResult {
  torch::Tensor pos_inds;              ///< [P] int64, into the priors (with the objects in front, where they were added)
  torch::Tensor neg_inds;              ///< [M]
  torch::Tensor pos_bboxes;            ///< [P, 4]
  torch::Tensor neg_bboxes;            ///< [M, 4]
  torch::Tensor pos_is_gt;             ///< [P] 1 where the prior is an object itself
  torch::Tensor pos_assigned_gt_inds;  ///< [P] int64, from 0
  torch::Tensor pos_gt_bboxes;         ///< [P, 4]
  torch::Tensor pos_gt_labels;         ///< [P] int64; undefined without labels
  std::int64_t num_gts = 0;
  torch::Tensor neg_label_weights;  ///< [M] of the negatives' classification loss; only ScoreHLRSampler gives them

  /// [P + M, 4]: positives first.
  torch::Tensor bboxes() const { return torch::cat({pos_bboxes, neg_bboxes}); }
};

/// What a head says of boxes. n of them, with C classes.
struct Judgement {
  torch::Tensor losses;     ///< [n] of each box alone
  torch::Tensor cls_score;  ///< [n, C + 1] before softmax; the background comes last
  torch::Tensor bbox_pred;  ///< [n, 4 · C], or [n, 4] where the classes share one
};

/// What a sampler of hard examples asks of the head that it samples for: OHEMSampler the losses, ScoreHLRSampler all of it. A head that
/// builds such a sampler gives it with every call.
struct SampleContext {
  /// The judgement of the boxes [n, 4] of this image if they showed the classes `labels` [n] int64 (`num_classes` for background), without
  /// weights and without gradient. `loss_key` names the loss, `loss_cls` unless the sampler's config says otherwise.
  std::function<Judgement(const torch::Tensor& boxes, const torch::Tensor& labels, const std::string& loss_key)> judge = {};
  std::int64_t num_classes = 0;
  const BBoxCoder* bbox_coder = nullptr;  ///< of the head's `bbox_pred`
};

/// Chooses among assigned priors.
class Sampler {
 public:
  virtual ~Sampler() = default;
  /// `priors` [B, 4 or more columns, the first four xyxy px]. Draws from torch's generator where the reference does.
  virtual SamplingResult sample(AssignResult assigned, const torch::Tensor& priors, const torch::Tensor& gt_bboxes,
                                const torch::Tensor& gt_labels = {}, const SampleContext& context = {}) const = 0;
};

Registry<Sampler>& bbox_samplers();

/// The result for those indices.
SamplingResult sampling_result(const torch::Tensor& pos_inds, const torch::Tensor& neg_inds, const torch::Tensor& priors,
                               const torch::Tensor& gt_bboxes, const AssignResult& assigned, const torch::Tensor& gt_flags);

}  // namespace detforge
