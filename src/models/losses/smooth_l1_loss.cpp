#include "detforge/models/losses/loss.h"

namespace detforge {

/// Quadratic below `beta`, then linear (Fast R-CNN, arXiv 1504.08083); without targets 0.
class SmoothL1Loss : public Loss {
 public:
  struct Options : Loss::Options {
    double beta = 1.0;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::beta, "beta", "difference from which on the loss is linear").check(Loss::must_be_positive),
            arg(&Options::reduction, "reduction", "how the elements' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result")};
  }
  SmoothL1Loss(const Options& options, const BuildContext& context) : Loss("SmoothL1Loss", options, context), beta_(options.beta) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    if (target.numel() == 0) return reduce(prediction.sum() * 0, call.weight, call);
    const torch::Tensor difference = torch::abs(prediction - target);
    const torch::Tensor loss = torch::where(difference < beta_, 0.5 * difference * difference / beta_, difference - 0.5 * beta_);
    return reduce(loss, call.weight, call);
  }

 private:
  double beta_;
};

DETFORGE_REGISTER(losses, SmoothL1Loss,
                  {.name = "SmoothL1Loss",
                   .python = "mmdet.models.losses.smooth_l1_loss.SmoothL1Loss",
                   .meaning = "absolute difference with a rounded tip"});

}  // namespace detforge
