#include "detforge/models/roi_heads/proposal_sampler.h"

#include "detforge/models/roi_heads/roi_head.h"

namespace detforge {

ProposalSampler::ProposalSampler(const RcnnTrainCfg& config, const BuildContext& context)
    : assigner_(bbox_assigners().build(config.assigner, context.child("assigner"))),
      sampler_(bbox_samplers().build(config.sampler, context.child("sampler"))) {}

AssignResult ProposalSampler::assign(const torch::Tensor& proposals, const Targets& targets, std::size_t image) const {
  AssignInput input;
  input.priors = proposals.slice(1, 0, 4);
  input.gt_bboxes = targets.gt_bboxes.at(image);
  input.gt_bboxes_ignore = targets.ignored(image);
  input.gt_labels = targets.gt_labels.at(image);
  return assigner_->assign(input);
}

SamplingResult ProposalSampler::sample(const AssignResult& assigned, const torch::Tensor& proposals, const Targets& targets,
                                       std::size_t image, const SampleContext& context) const {
  return sampler_->sample(assigned, proposals.slice(1, 0, 4), targets.gt_bboxes.at(image), targets.gt_labels.at(image), context);
}

std::vector<SamplingResult> ProposalSampler::sample(const Proposals& proposals, const Targets& targets, const ContextOf& context_of) const {
  std::vector<SamplingResult> samples;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    samples.push_back(sample(assign(proposals.at(image), targets, image), proposals.at(image), targets, image, context_of(image)));
  }
  return samples;
}

torch::Tensor rois_of(std::span<const SamplingResult> samples) {
  std::vector<torch::Tensor> boxes;
  for (const SamplingResult& sample : samples) boxes.push_back(sample.bboxes());
  return bbox2roi(boxes);
}

torch::Tensor positive_rois_of(std::span<const SamplingResult> samples) {
  std::vector<torch::Tensor> boxes;
  for (const SamplingResult& sample : samples) boxes.push_back(sample.pos_bboxes);
  return bbox2roi(boxes);
}

torch::Tensor positive_labels_of(std::span<const SamplingResult> samples) {
  std::vector<torch::Tensor> labels;
  for (const SamplingResult& sample : samples) labels.push_back(sample.pos_gt_labels);
  return labels.empty() ? torch::empty({0}, torch::kLong) : torch::cat(labels);
}

torch::Tensor positive_rows_of(std::span<const SamplingResult> samples) {
  std::vector<torch::Tensor> rows = {torch::empty({0}, torch::kLong)};
  std::int64_t begin = 0;
  for (const SamplingResult& sample : samples) {
    const std::int64_t positive = sample.pos_bboxes.size(0);
    rows.push_back(torch::arange(begin, begin + positive, torch::kLong));
    begin += positive + sample.neg_bboxes.size(0);
  }
  return torch::cat(rows);
}

nn::Features features_of_image(const nn::Features& features, std::size_t image) {
  nn::Features one;
  const auto row = static_cast<std::int64_t>(image);
  for (const torch::Tensor& level : features) one.push_back(level.slice(0, row, row + 1));
  return one;
}

}  // namespace detforge
