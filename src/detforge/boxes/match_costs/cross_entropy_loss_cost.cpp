#include "detforge/boxes/match_costs/mask_pairs.h"
#include "detforge/boxes/match_costs/match_cost.h"

namespace detforge {

/// The mean binary cross entropy of masks: logits [Q, h, w], masks [G, h, w] 0 or 1.
class CrossEntropyLossCost : public MatchCost {
 public:
  struct Options : MatchCost::Options {
    bool use_sigmoid = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::weight, "weight", "factor of the cost"), arg(&Options::use_sigmoid, "use_sigmoid", "must be True")};
  }

  CrossEntropyLossCost(const Options& options, const BuildContext&) : MatchCost(options) {
    if (!options.use_sigmoid) throw ArgumentError("use_sigmoid", "must be True");
  }

 protected:
  torch::Tensor cost(const torch::Tensor& logits, const torch::Tensor& masks) const override {
    const torch::Tensor flat = logits.flatten(1).to(torch::kFloat);
    const auto entropy = [&](const torch::Tensor& target) {
      return torch::binary_cross_entropy_with_logits(flat, target, {}, {}, torch::Reduction::None);
    };
    return sum_over_masks(entropy(torch::ones_like(flat)), entropy(torch::zeros_like(flat)), masks) / static_cast<double>(flat.size(1));
  }
};

DETFORGE_REGISTER(match_costs, CrossEntropyLossCost,
                  {.name = "CrossEntropyLossCost",
                   .python = "mmdet.core.bbox.match_costs.match_cost.CrossEntropyLossCost",
                   .meaning = "cross entropy of the mask",
                   .since = Reference::V2_27});

}  // namespace detforge
