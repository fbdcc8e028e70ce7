#include "detforge/boxes/match_costs/mask_pairs.h"
#include "detforge/boxes/match_costs/match_cost.h"

namespace detforge {

/// By how much the focal loss (arXiv 1708.02002) differs between the object's class and none: scores [Q, C] before sigmoid, classes [G].
/// With `binary_input` the mean focal loss of masks: logits [Q, h, w], masks [G, h, w] 0 or 1.
class FocalLossCost : public MatchCost {
 public:
  struct Options : MatchCost::Options {
    double alpha = 0.25;
    double gamma = 2;
    double eps = 1e-12;
    bool binary_input = false;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::weight, "weight", "factor of the cost"), arg(&Options::alpha, "alpha", "weight of positives"),
            arg(&Options::gamma, "gamma", "exponent of what the prediction lacks"), arg(&Options::eps, "eps", "added to probabilities"),
            arg(&Options::binary_input, "binary_input", "compare masks, not classes").since_v2_27()};
  }

  FocalLossCost(const Options& options, const BuildContext&) : MatchCost(options), options_(options) {}

 protected:
  torch::Tensor cost(const torch::Tensor& scores, const torch::Tensor& objects) const override {
    const torch::Tensor probability = scores.sigmoid();
    const torch::Tensor negative = -(1 - probability + options_.eps).log() * (1 - options_.alpha) * probability.pow(options_.gamma);
    const torch::Tensor positive = -(probability + options_.eps).log() * options_.alpha * (1 - probability).pow(options_.gamma);
    if (options_.binary_input) {
      return sum_over_masks(positive, negative, objects) / static_cast<double>(scores.flatten(1).size(1));
    }
    return positive.index_select(1, objects) - negative.index_select(1, objects);
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(match_costs, FocalLossCost,
                  {.name = "FocalLossCost",
                   .python = "mmdet.core.bbox.match_costs.match_cost.FocalLossCost",
                   .meaning = "focal loss of the class, or of the mask"});

}  // namespace detforge
