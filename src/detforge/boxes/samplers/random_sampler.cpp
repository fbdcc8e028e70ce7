#include "detforge/boxes/samplers/base_sampler.h"

namespace detforge {

/// Positives and negatives at random.
class RandomSampler : public BaseSampler {
 public:
  RandomSampler(const Options& options, const BuildContext&) : BaseSampler(options) {}

  Chosen sample_pos(const Candidates& candidates, std::int64_t num_expected) const override {
    return {random_choice(candidates.positives(), num_expected)};
  }
  Chosen sample_neg(const Candidates& candidates, std::int64_t num_expected) const override {
    return {random_choice(candidates.negatives(), num_expected)};
  }
};

DETFORGE_REGISTER(bbox_samplers, RandomSampler,
                  {.name = "RandomSampler",
                   .python = "mmdet.core.bbox.samplers.random_sampler.RandomSampler",
                   .meaning = "positives and negatives at random"});

}  // namespace detforge
