#include <cmath>

#include "detforge/models/losses/loss.h"

namespace detforge {

/// An L1 loss whose gradient grows faster near zero, so that accurate boxes count (Libra R-CNN, arXiv 1904.02701);
/// without targets 0.
class BalancedL1Loss : public Loss {
 public:
  struct Options : Loss::Options {
    double alpha = 0.5;
    double gamma = 1.5;
    double beta = 1.0;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::alpha, "alpha", "gradient of small differences").check(Loss::must_be_positive),
            arg(&Options::gamma, "gamma", "gradient of large differences"),
            arg(&Options::beta, "beta", "difference from which on the loss is linear").check(Loss::must_be_positive),
            arg(&Options::reduction, "reduction", "how the elements' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result")};
  }
  BalancedL1Loss(const Options& options, const BuildContext& context)
      : Loss("BalancedL1Loss", options, context), alpha_(options.alpha), gamma_(options.gamma), beta_(options.beta) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    if (target.numel() == 0) return reduce(prediction.sum() * 0, call.weight, call);
    const double b = std::exp(gamma_ / alpha_) - 1;
    const torch::Tensor difference = torch::abs(prediction - target);
    const torch::Tensor near = alpha_ / b * (b * difference + 1) * torch::log(b * difference / beta_ + 1) - alpha_ * difference;
    const torch::Tensor far = gamma_ * difference + (gamma_ / b - alpha_ * beta_);
    return reduce(torch::where(difference < beta_, near, far), call.weight, call);
  }

 private:
  double alpha_;
  double gamma_;
  double beta_;
};

DETFORGE_REGISTER(losses, BalancedL1Loss,
                  {.name = "BalancedL1Loss",
                   .python = "mmdet.models.losses.balanced_l1_loss.BalancedL1Loss",
                   .meaning = "L1 loss that favours accurate boxes"});

}  // namespace detforge
