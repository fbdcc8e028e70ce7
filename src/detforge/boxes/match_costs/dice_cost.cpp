#include "detforge/boxes/match_costs/match_cost.h"

namespace detforge {

/// The Dice loss of masks (arXiv 1606.04797): predictions [Q, h, w], masks [G, h, w] 0 or 1. The naive one does without squares.
class DiceCost : public MatchCost {
 public:
  struct Options : MatchCost::Options {
    bool pred_act = false;
    double eps = 1e-3;
    bool naive_dice = true;
  };
  static Arguments<Options> arguments() {
    return {
        arg(&Options::weight, "weight", "factor of the cost"), arg(&Options::pred_act, "pred_act", "take the predictions' sigmoid first"),
        arg(&Options::eps, "eps", "added to both sides of the ratio"), arg(&Options::naive_dice, "naive_dice", "sum areas, not squares")};
  }

  DiceCost(const Options& options, const BuildContext&) : MatchCost(options), options_(options) {}

 protected:
  torch::Tensor cost(const torch::Tensor& predictions, const torch::Tensor& masks) const override {
    const torch::Tensor ours = (options_.pred_act ? predictions.sigmoid() : predictions).flatten(1);
    const torch::Tensor theirs = masks.flatten(1).to(torch::kFloat);
    const auto size = [&](const torch::Tensor& mask) { return (options_.naive_dice ? mask : mask.pow(2)).sum(1); };
    const torch::Tensor common = 2 * ours.matmul(theirs.t());
    return 1 - (common + options_.eps) / (size(ours).unsqueeze(1) + size(theirs).unsqueeze(0) + options_.eps);
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(match_costs, DiceCost,
                  {.name = "DiceCost",
                   .python = "mmdet.core.bbox.match_costs.match_cost.DiceCost",
                   .meaning = "Dice loss of the mask",
                   .since = Reference::V2_27});

}  // namespace detforge
