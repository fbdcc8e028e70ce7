#include "detforge/models/losses/box_loss.h"

namespace detforge {

Arguments<BoxLoss::Options> BoxLoss::arguments() {
  return {arg(&Options::eps, "eps", "keeps divisions and logarithms finite"),
          arg(&Options::reduction, "reduction", "how the boxes' losses become one"),
          arg(&Options::loss_weight, "loss_weight", "factor of the result")};
}

bool has_no_weight(const LossCall& call) { return call.weight.defined() && !(call.weight > 0).any().item<bool>(); }

torch::Tensor nothing_to_learn(const torch::Tensor& prediction, torch::Tensor weight) {
  if (prediction.dim() == weight.dim() + 1) weight = weight.unsqueeze(1);
  return (prediction * weight).sum();
}

torch::Tensor BoxLoss::compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) {
  if (has_no_weight(call)) return nothing_to_learn(prediction, call.weight);
  const bool per_coordinate = call.weight.defined() && call.weight.dim() > 1;
  return reduce(elementwise(prediction, target), per_coordinate ? call.weight.mean(-1) : call.weight, call);
}

}  // namespace detforge
