#include "detforge/models/losses/loss.h"

namespace detforge {

/// Focal loss against a heat map with Gaussian bumps (CornerNet, arXiv 1808.01244): 1 is an object's place, values near
/// it count less as background. Predictions are probabilities of the target's shape.
class GaussianFocalLoss : public Loss {
 public:
  struct Options : Loss::Options {
    double alpha = 2.0;
    double gamma = 4.0;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::alpha, "alpha", "power of the prediction"),
            arg(&Options::gamma, "gamma", "power of the target's distance from 1"),
            arg(&Options::reduction, "reduction", "how the elements' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result")};
  }
  GaussianFocalLoss(const Options& options, const BuildContext& context)
      : Loss("GaussianFocalLoss", options, context), alpha_(options.alpha), gamma_(options.gamma) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    constexpr double eps = 1e-12;
    const torch::Tensor missing = 1 - prediction;
    const torch::Tensor of_objects = -(prediction + eps).log() * missing.pow(alpha_) * (target == 1);
    const torch::Tensor of_background = -(missing + eps).log() * prediction.pow(alpha_) * (1 - target).pow(gamma_);
    return reduce(of_objects + of_background, call.weight, call);
  }

 private:
  double alpha_;
  double gamma_;
};

DETFORGE_REGISTER(losses, GaussianFocalLoss,
                  {.name = "GaussianFocalLoss",
                   .python = "mmdet.models.losses.gaussian_focal_loss.GaussianFocalLoss",
                   .meaning = "focal loss against a heat map"});

}  // namespace detforge
