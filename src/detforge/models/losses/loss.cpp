#include "detforge/models/losses/loss.h"

#include <limits>

namespace detforge {

Registry<Loss>& losses() {
  static Registry<Loss> registry("LOSSES");
  return registry;
}

std::shared_ptr<Loss> build_loss(const Value& config, const BuildContext& context) { return losses().build(config, context); }

torch::Tensor Loss::reduce(torch::Tensor loss, const torch::Tensor& weight, const LossCall& call) const {
  if (weight.defined()) loss = loss * weight;
  switch (reduction(call)) {
    case Reduction::None: return loss;
    case Reduction::Sum:
      if (call.avg_factor) throw Error(python_name() + ": avg_factor can not be used with reduction='sum'");
      return loss.sum();
    case Reduction::Mean: break;
  }
  if (!call.avg_factor) return loss.mean();
  // 2.27 keeps an avg_factor of zero (every label ignored) from dividing by zero.
  const double floor = reference_ == Reference::V2_27 ? static_cast<double>(std::numeric_limits<float>::epsilon()) : 0.0;
  return loss.sum() / (*call.avg_factor + floor);
}

}  // namespace detforge
