#include "detforge/models/losses/loss.h"

namespace detforge {

/// The absolute difference of each element; without targets 0, so that an image without objects has a loss.
class L1Loss : public Loss {
 public:
  using Options = Loss::Options;
  static Arguments<Options> arguments() {
    return {arg(&Options::reduction, "reduction", "how the elements' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result")};
  }
  L1Loss(const Options& options, const BuildContext& context) : Loss("L1Loss", options, context) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    const torch::Tensor loss = target.numel() == 0 ? prediction.sum() * 0 : torch::abs(prediction - target);
    return reduce(loss, call.weight, call);
  }
};

DETFORGE_REGISTER(losses, L1Loss,
                  {.name = "L1Loss", .python = "mmdet.models.losses.smooth_l1_loss.L1Loss", .meaning = "mean absolute difference"});

}  // namespace detforge
