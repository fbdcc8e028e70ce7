#include "detforge/boxes/samplers/sampler.h"

namespace detforge {

Registry<Sampler>& bbox_samplers() {
  static Registry<Sampler> registry("BBOX_SAMPLERS");
  return registry;
}

SamplingResult sampling_result(const torch::Tensor& pos_inds, const torch::Tensor& neg_inds, const torch::Tensor& priors,
                               const torch::Tensor& gt_bboxes, const AssignResult& assigned, const torch::Tensor& gt_flags) {
  SamplingResult result;
  result.pos_inds = pos_inds;
  result.neg_inds = neg_inds;
  result.pos_bboxes = priors.index_select(0, pos_inds);
  result.neg_bboxes = priors.index_select(0, neg_inds);
  result.pos_is_gt = gt_flags.index_select(0, pos_inds);
  result.num_gts = gt_bboxes.size(0);
  result.pos_assigned_gt_inds = assigned.gt_inds.index_select(0, pos_inds) - 1;
  result.pos_gt_bboxes = gt_bboxes.view({-1, 4}).index_select(0, result.pos_assigned_gt_inds);
  if (assigned.labels.defined()) result.pos_gt_labels = assigned.labels.index_select(0, pos_inds);
  return result;
}

}  // namespace detforge
