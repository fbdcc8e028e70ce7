#include "detforge/models/losses/box_loss.h"

namespace detforge {

/// A bound of the IoU for each of centre x, centre y, width and height alone, under a smooth L1 (arXiv 1711.00164):
/// one number per coordinate, and so is `weight` [N, 4].
class BoundedIoULoss : public Loss {
 public:
  struct Options : Loss::Options {
    double beta = 0.2;
    double eps = 1e-3;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::beta, "beta", "loss from which on the smooth L1 is linear"), arg(&Options::eps, "eps", "keeps divisions finite"),
            arg(&Options::reduction, "reduction", "how the coordinates' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result")};
  }
  BoundedIoULoss(const Options& options, const BuildContext& context)
      : Loss("BoundedIoULoss", options, context), beta_(options.beta), eps_(options.eps) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    if (has_no_weight(call)) return nothing_to_learn(prediction, call.weight);
    const torch::Tensor size = prediction.slice(1, 2, 4) - prediction.slice(1, 0, 2);
    const torch::Tensor wanted_size = (target.slice(1, 2, 4) - target.slice(1, 0, 2)).detach();
    const torch::Tensor apart = torch::abs(center(target).detach() - center(prediction));
    const torch::Tensor of_centers = 1 - ((wanted_size - 2 * apart) / (wanted_size + 2 * apart + eps_)).clamp_min(0);
    const torch::Tensor of_sizes = 1 - torch::min(wanted_size / (size + eps_), size / (wanted_size + eps_));
    const torch::Tensor bound = torch::cat({of_centers, of_sizes}, 1);
    return reduce(torch::where(bound < beta_, 0.5 * bound * bound / beta_, bound - 0.5 * beta_), call.weight, call);
  }

 private:
  static torch::Tensor center(const torch::Tensor& boxes) { return (boxes.slice(1, 0, 2) + boxes.slice(1, 2, 4)) * 0.5; }

  double beta_;
  double eps_;
};

DETFORGE_REGISTER(losses, BoundedIoULoss,
                  {.name = "BoundedIoULoss",
                   .python = "mmdet.models.losses.iou_loss.BoundedIoULoss",
                   .meaning = "bounds of the IoU, coordinate by coordinate"});

}  // namespace detforge
