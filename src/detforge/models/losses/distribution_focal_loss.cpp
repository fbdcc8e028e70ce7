#include "detforge/models/losses/loss.h"

namespace detforge {

/// Cross entropy against the two whole numbers around each target (generalised focal loss, arXiv 2006.04388): prediction
/// [N, n + 1] over the distances 0…n, target [N] in [0, n).
class DistributionFocalLoss : public Loss {
 public:
  using Options = Loss::Options;
  static Arguments<Options> arguments() {
    return {arg(&Options::reduction, "reduction", "how the targets' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result")};
  }
  DistributionFocalLoss(const Options& options, const BuildContext& context) : Loss("DistributionFocalLoss", options, context) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    const torch::Tensor below = target.to(torch::kLong);
    const torch::Tensor above = below + 1;
    const auto cross_entropy = [&](const torch::Tensor& label) {
      return torch::cross_entropy_loss(prediction, label, {}, at::Reduction::None);
    };
    const torch::Tensor loss =
        cross_entropy(below) * (above.to(target.dtype()) - target) + cross_entropy(above) * (target - below.to(target.dtype()));
    return reduce(loss, call.weight, call);
  }
};

DETFORGE_REGISTER(losses, DistributionFocalLoss,
                  {.name = "DistributionFocalLoss",
                   .python = "mmdet.models.losses.gfocal_loss.DistributionFocalLoss",
                   .meaning = "cross entropy of a distribution over distances"});

}  // namespace detforge
