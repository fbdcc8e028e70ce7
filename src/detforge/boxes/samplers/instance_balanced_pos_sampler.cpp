#include <cmath>

#include "detforge/boxes/samplers/base_sampler.h"

namespace detforge {

/// Libra R-CNN's positives (arXiv 1904.02701): about as many of each object. Negatives at random.
class InstanceBalancedPosSampler : public BaseSampler {
 public:
  InstanceBalancedPosSampler(const Options& options, const BuildContext&) : BaseSampler(options) {}

  Chosen sample_pos(const Candidates& candidates, std::int64_t num_expected) const override {
    const torch::Tensor positives = candidates.positives();
    if (positives.size(0) <= num_expected) return {positives};
    const torch::Tensor gt_of_each = candidates.assigned.gt_inds.index_select(0, positives);
    const torch::Tensor gts = std::get<0>(at::_unique(gt_of_each, /*sorted=*/true));
    const double share = static_cast<double>(num_expected) / static_cast<double>(gts.size(0));
    const auto num_per_gt = static_cast<std::int64_t>(std::nearbyint(share) + 1);
    std::vector<torch::Tensor> of_gts;
    for (std::int64_t i = 0; i < gts.size(0); ++i) {
      of_gts.push_back(random_choice(positives.masked_select(gt_of_each == gts[i]), num_per_gt));
    }
    torch::Tensor sampled = torch::cat(of_gts);
    if (sampled.size(0) < num_expected) {
      const torch::Tensor rest = positives.masked_select(torch::isin(positives, sampled, /*assume_unique=*/true).logical_not());
      sampled = torch::cat({sampled, random_choice(rest, num_expected - sampled.size(0))});
    }
    return {random_choice(sampled, num_expected)};
  }

  Chosen sample_neg(const Candidates& candidates, std::int64_t num_expected) const override {
    return {random_choice(candidates.negatives(), num_expected)};
  }
};

DETFORGE_REGISTER(bbox_samplers, InstanceBalancedPosSampler,
                  {.name = "InstanceBalancedPosSampler",
                   .python = "mmdet.core.bbox.samplers.instance_balanced_pos_sampler.InstanceBalancedPosSampler",
                   .meaning = "about as many positives of each object"});

}  // namespace detforge
