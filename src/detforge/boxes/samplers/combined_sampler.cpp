#include "detforge/boxes/samplers/base_sampler.h"

namespace detforge {

/// Positives by one sampler, negatives by another; both get this one's arguments as defaults.
class CombinedSampler : public BaseSampler {
 public:
  struct Options : BaseSampler::Options {
    ConfigDict pos_sampler;
    ConfigDict neg_sampler;
  };
  static Arguments<Options> arguments() {
    return {BaseSampler::arguments(), arg(&Options::pos_sampler, "pos_sampler", required, "chooses positives").built_by("BBOX_SAMPLERS"),
            arg(&Options::neg_sampler, "neg_sampler", required, "chooses negatives").built_by("BBOX_SAMPLERS")};
  }

  CombinedSampler(const Options& options, const BuildContext& context) : BaseSampler(options) {
    const Value defaults = Value::dict({{"num", options.num},
                                        {"pos_fraction", options.pos_fraction},
                                        {"neg_pos_ub", options.neg_pos_ub},
                                        {"add_gt_as_proposals", options.add_gt_as_proposals}});
    const auto build = [&](const std::string& name, const ConfigDict& config) {
      auto sampler = std::dynamic_pointer_cast<BaseSampler>(bbox_samplers().build(config, context.child(name), defaults));
      if (!sampler) throw ArgumentError(name, "must be a sampler that chooses positives and negatives apart");
      return sampler;
    };
    pos_sampler_ = build("pos_sampler", options.pos_sampler);
    neg_sampler_ = build("neg_sampler", options.neg_sampler);
  }

  Chosen sample_pos(const Candidates& candidates, std::int64_t num_expected) const override {
    return pos_sampler_->sample_pos(candidates, num_expected);
  }
  Chosen sample_neg(const Candidates& candidates, std::int64_t num_expected) const override {
    return neg_sampler_->sample_neg(candidates, num_expected);
  }

 private:
  std::shared_ptr<BaseSampler> pos_sampler_;
  std::shared_ptr<BaseSampler> neg_sampler_;
};

DETFORGE_REGISTER(bbox_samplers, CombinedSampler,
                  {.name = "CombinedSampler",
                   .python = "mmdet.core.bbox.samplers.combined_sampler.CombinedSampler",
                   .meaning = "positives by one sampler, negatives by another"});

}  // namespace detforge
