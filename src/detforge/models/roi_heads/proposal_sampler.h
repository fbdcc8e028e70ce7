#pragma once

#include <functional>
#include <memory>

#include "detforge/boxes/samplers/sampler.h"
#include "detforge/models/dense_heads/parts/dense_head.h"
#include "detforge/models/roi_heads/rcnn_cfg.h"
#include "detforge/models/training/targets.h"

namespace detforge {

/// Which proposals one stage learns from: the assigner and the sampler of its train_cfg.
class ProposalSampler {
 public:
  ProposalSampler(const RcnnTrainCfg& config, const BuildContext& context);

  /// What a sampler may ask of the head about the image with that number.
  using ContextOf = std::function<SampleContext(std::size_t image)>;
  std::vector<SamplingResult> sample(const Proposals& proposals, const Targets& targets, const ContextOf& context_of) const;

  /// The two steps of one image.
  AssignResult assign(const torch::Tensor& proposals, const Targets& targets, std::size_t image) const;
  SamplingResult sample(const AssignResult& assigned, const torch::Tensor& proposals, const Targets& targets, std::size_t image,
                        const SampleContext& context) const;

  Assigner& assigner() const { return *assigner_; }

 private:
  std::shared_ptr<Assigner> assigner_;
  std::shared_ptr<Sampler> sampler_;
};

/// Positives and negatives of all images as regions [N, 5].
torch::Tensor rois_of(std::span<const SamplingResult> samples);
/// The positives alone, and their classes [P].
torch::Tensor positive_rois_of(std::span<const SamplingResult> samples);
torch::Tensor positive_labels_of(std::span<const SamplingResult> samples);
/// The positives' places [P] among the regions of `rois_of`.
torch::Tensor positive_rows_of(std::span<const SamplingResult> samples);

/// The features of one image of a batch, as a batch of one.
nn::Features features_of_image(const nn::Features& features, std::size_t image);

}  // namespace detforge
