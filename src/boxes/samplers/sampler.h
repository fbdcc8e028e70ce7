#pragma once

#include <torch/torch.h>

#include <functional>

#include "detforge/boxes/assigners/assigner.h"

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

  /// [P + M, 4]: positives first.
  torch::Tensor bboxes() const { return torch::cat({pos_bboxes, neg_bboxes}); }
};

/// What a sampler may ask of the head that it samples for: the losses [n] of classifying the boxes [n, 4] of this image
/// as `labels` [n]; hard-example samplers need it.
struct SampleContext {
  std::function<torch::Tensor(const torch::Tensor& boxes, const torch::Tensor& labels)> classification_losses;
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
