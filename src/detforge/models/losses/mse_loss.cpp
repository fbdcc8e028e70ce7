#include "detforge/models/losses/loss.h"

namespace detforge {

/// The squared difference of each element.
class MSELoss : public Loss {
 public:
  using Options = Loss::Options;
  static Arguments<Options> arguments() {
    return {arg(&Options::reduction, "reduction", "how the elements' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result")};
  }
  MSELoss(const Options& options, const BuildContext& context) : Loss("MSELoss", options, context) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    return reduce(torch::mse_loss(prediction, target, at::Reduction::None), call.weight, call);
  }
};

DETFORGE_REGISTER(losses, MSELoss,
                  {.name = "MSELoss", .python = "mmdet.models.losses.mse_loss.MSELoss", .meaning = "mean squared difference"});

}  // namespace detforge
