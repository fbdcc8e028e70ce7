#include "detforge/models/losses/smooth_l1_loss.h"

namespace detforge {

Arguments<SmoothL1Loss::Options> SmoothL1Loss::arguments() {
  return {arg(&Options::beta, "beta", "difference from which on the loss is linear").check(Loss::must_be_positive),
          arg(&Options::reduction, "reduction", "how the elements' losses become one"),
          arg(&Options::loss_weight, "loss_weight", "factor of the result")};
}

torch::Tensor SmoothL1Loss::compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) {
  if (target.numel() == 0) return reduce(prediction.sum() * 0, call.weight, call);
  const torch::Tensor difference = torch::abs(prediction - target);
  const torch::Tensor loss = torch::where(difference < beta_, 0.5 * difference * difference / beta_, difference - 0.5 * beta_);
  return reduce(loss, call.weight, call);
}

DETFORGE_REGISTER(losses, SmoothL1Loss,
                  {.name = "SmoothL1Loss",
                   .python = "mmdet.models.losses.smooth_l1_loss.SmoothL1Loss",
                   .meaning = "absolute difference with a rounded tip"});

}  // namespace detforge
