#include "detforge/models/losses/loss.h"

namespace detforge {

/// Focal loss of the background only; objects count by their quality (VarifocalNet, arXiv 2008.13367): prediction and
/// target [N, C], the target an IoU at the object's class and else 0.
class VarifocalLoss : public Loss {
 public:
  struct Options : Loss::Options {
    bool use_sigmoid = true;
    double alpha = 0.75;
    double gamma = 2.0;
    bool iou_weighted = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::use_sigmoid, "use_sigmoid", "only True").one_of({true}),
            arg(&Options::alpha, "alpha", "factor of the background").at_least(0),
            arg(&Options::gamma, "gamma", "power of the background's score"),
            arg(&Options::iou_weighted, "iou_weighted", "objects count by their target"),
            arg(&Options::reduction, "reduction", "how the elements' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result")};
  }
  VarifocalLoss(const Options& options, const BuildContext& context)
      : Loss("VarifocalLoss", options, context), alpha_(options.alpha), gamma_(options.gamma), iou_weighted_(options.iou_weighted) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& given, const LossCall& call) override {
    const torch::Tensor target = given.to(prediction.dtype());
    const torch::Tensor positive = (target > 0).to(prediction.dtype());
    const torch::Tensor background = alpha_ * torch::abs(prediction.sigmoid() - target).pow(gamma_) * (1 - positive);
    const torch::Tensor focal = (iou_weighted_ ? target * positive : positive) + background;
    const torch::Tensor loss = torch::binary_cross_entropy_with_logits(prediction, target, {}, {}, at::Reduction::None) * focal;
    return reduce(loss, call.weight, call);
  }

 private:
  double alpha_;
  double gamma_;
  bool iou_weighted_;
};

DETFORGE_REGISTER(losses, VarifocalLoss,
                  {.name = "VarifocalLoss",
                   .python = "mmdet.models.losses.varifocal_loss.VarifocalLoss",
                   .meaning = "objects weighted by quality, background by focal loss"});

}  // namespace detforge
