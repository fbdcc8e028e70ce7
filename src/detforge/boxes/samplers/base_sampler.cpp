#include "detforge/boxes/samplers/base_sampler.h"

#include <algorithm>

namespace detforge {

Arguments<BaseSampler::Options> BaseSampler::arguments() {
  return {arg(&Options::num, "num", required, "at most so many priors").at_least(0),
          arg(&Options::pos_fraction, "pos_fraction", required, "at most this share of them is positive"),
          arg(&Options::neg_pos_ub, "neg_pos_ub", "at most so many negatives for each positive; negative: any number"),
          arg(&Options::add_gt_as_proposals, "add_gt_as_proposals", "the objects themselves are priors, too")};
}

SamplingResult BaseSampler::sample(AssignResult assigned, const torch::Tensor& all_priors, const torch::Tensor& gt_bboxes,
                                   const torch::Tensor& gt_labels, const SampleContext& context) const {
  torch::Tensor priors = all_priors.slice(1, 0, 4);
  torch::Tensor gt_flags = torch::zeros({priors.size(0)}, priors.options().dtype(torch::kByte));
  if (options_.add_gt_as_proposals && gt_bboxes.size(0) > 0) {
    if (!gt_labels.defined()) throw Error("a sampler with add_gt_as_proposals needs the classes of the objects");
    priors = torch::cat({gt_bboxes.to(priors.options()), priors});
    assigned.add_gt(gt_labels);
    gt_flags = torch::cat({torch::ones({gt_bboxes.size(0)}, gt_flags.options()), gt_flags});
  }
  const Candidates candidates{assigned, priors, context};
  const auto num_pos = static_cast<std::int64_t>(static_cast<double>(options_.num) * options_.pos_fraction);
  const auto in_order = [](const Chosen& chosen) {
    const auto [inds, order] = chosen.inds.sort();
    return Chosen{inds, chosen.weights.defined() ? chosen.weights.index_select(0, order) : chosen.weights};
  };
  const Chosen positive = in_order(sample_pos(candidates, num_pos));
  std::int64_t num_neg = options_.num - positive.inds.size(0);
  if (options_.neg_pos_ub >= 0) {
    const auto positives = static_cast<double>(std::max<std::int64_t>(1, positive.inds.size(0)));
    num_neg = std::min(num_neg, static_cast<std::int64_t>(options_.neg_pos_ub * positives));
  }
  const Chosen negative = in_order(sample_neg(candidates, std::max<std::int64_t>(0, num_neg)));
  SamplingResult result = sampling_result(positive.inds, negative.inds, priors, gt_bboxes, assigned, gt_flags);
  result.neg_label_weights = negative.weights;
  return result;
}

torch::Tensor random_choice(const torch::Tensor& gallery, std::int64_t count) {
  if (gallery.size(0) <= count) return gallery;
  const torch::Tensor order = torch::randperm(gallery.size(0), torch::kLong).slice(0, 0, count);
  return gallery.index_select(0, order.to(gallery.device()));
}

}  // namespace detforge
