#include "detforge/boxes/samplers/sampler.h"

namespace detforge {

/// Takes all positives and negatives, for heads that learn from every prior. Its arguments count for nothing.
class PseudoSampler : public Sampler {
 public:
  struct Options {
    std::optional<std::int64_t> num;
    std::optional<double> pos_fraction;
    double neg_pos_ub = -1;
    bool add_gt_as_proposals = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::num, "num", "not used"), arg(&Options::pos_fraction, "pos_fraction", "not used"),
            arg(&Options::neg_pos_ub, "neg_pos_ub", "not used"), arg(&Options::add_gt_as_proposals, "add_gt_as_proposals", "not used")};
  }

  PseudoSampler(const Options&, const BuildContext&) {}

  SamplingResult sample(AssignResult assigned, const torch::Tensor& priors, const torch::Tensor& gt_bboxes, const torch::Tensor&,
                        const SampleContext&) const override {
    const torch::Tensor boxes = priors.slice(1, 0, 4);
    const torch::Tensor gt_flags = torch::zeros({priors.size(0)}, priors.options().dtype(torch::kByte));
    return sampling_result((assigned.gt_inds > 0).nonzero().view({-1}), (assigned.gt_inds == 0).nonzero().view({-1}), boxes, gt_bboxes,
                           assigned, gt_flags);
  }
};

DETFORGE_REGISTER(bbox_samplers, PseudoSampler,
                  {.name = "PseudoSampler", .python = "mmdet.core.bbox.samplers.pseudo_sampler.PseudoSampler", .meaning = "everything"});

}  // namespace detforge
