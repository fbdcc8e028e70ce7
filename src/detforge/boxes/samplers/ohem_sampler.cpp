#include "detforge/boxes/samplers/base_sampler.h"

namespace detforge {

/// Online hard example mining (arXiv 1604.03540): positives and negatives of the largest losses. Asks the head.
class OHEMSampler : public BaseSampler {
 public:
  struct Options : BaseSampler::Options {
    std::string loss_key = "loss_cls";
  };
  static Arguments<Options> arguments() {
    return {BaseSampler::arguments(), arg(&Options::loss_key, "loss_key", "which loss counts").since_v2_27()};
  }

  OHEMSampler(const Options& options, const BuildContext&) : BaseSampler(options), loss_key_(options.loss_key) {}

  Chosen sample_pos(const Candidates& candidates, std::int64_t num_expected) const override {
    const torch::Tensor positives = candidates.positives();
    if (positives.size(0) <= num_expected) return {positives};
    if (!candidates.assigned.labels.defined()) throw Error("OHEMSampler needs the classes of the objects");
    return {hardest(candidates, positives, candidates.assigned.labels.index_select(0, positives), num_expected)};
  }

  Chosen sample_neg(const Candidates& candidates, std::int64_t num_expected) const override {
    const torch::Tensor negatives = candidates.negatives();
    if (negatives.size(0) <= num_expected) return {negatives};
    return {hardest(candidates, negatives, torch::full_like(negatives, candidates.context.num_classes), num_expected)};
  }

 private:
  torch::Tensor hardest(const Candidates& candidates, const torch::Tensor& inds, const torch::Tensor& labels, std::int64_t count) const {
    if (!candidates.context.judge) throw Error("OHEMSampler needs a head that tells the losses of boxes");
    const torch::NoGradGuard no_grad;
    const torch::Tensor losses = candidates.context.judge(candidates.priors.index_select(0, inds), labels, loss_key_).losses;
    return inds.index_select(0, std::get<1>(losses.topk(count)));
  }

  std::string loss_key_;
};

DETFORGE_REGISTER(bbox_samplers, OHEMSampler,
                  {.name = "OHEMSampler",
                   .python = "mmdet.core.bbox.samplers.ohem_sampler.OHEMSampler",
                   .meaning = "what the head finds hardest"});

}  // namespace detforge
