#include "detforge/boxes/match_costs/match_cost.h"

namespace detforge {

/// Minus the probability of the object's class (DETR, arXiv 2005.12872): scores [Q, C] before softmax, classes [G].
class ClassificationCost : public MatchCost {
 public:
  static Arguments<Options> arguments() { return {arg(&Options::weight, "weight", "factor of the cost")}; }

  ClassificationCost(const Options& options, const BuildContext&) : MatchCost(options) {}

 protected:
  torch::Tensor cost(const torch::Tensor& scores, const torch::Tensor& gt_labels) const override {
    return -scores.softmax(-1).index_select(1, gt_labels);
  }
};

DETFORGE_REGISTER(match_costs, ClassificationCost,
                  {.name = "ClassificationCost",
                   .python = "mmdet.core.bbox.match_costs.match_cost.ClassificationCost",
                   .meaning = "minus the probability of the class"});

}  // namespace detforge
