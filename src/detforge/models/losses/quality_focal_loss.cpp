#include <cmath>

#include "detforge/models/losses/loss.h"

namespace detforge {

/// Focal loss whose positive target is the quality of the box (generalised focal loss, arXiv 2006.04388): prediction
/// [N, C], target [N] class indices (C: background), the call's `quality` [N]; one number per row.
class QualityFocalLoss : public Loss {
 public:
  struct Options : Loss::Options {
    bool use_sigmoid = true;
    double beta = 2.0;
    bool activated = false;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::use_sigmoid, "use_sigmoid", "only True").one_of({true}),
            arg(&Options::beta, "beta", "power of the distance from the target"),
            arg(&Options::reduction, "reduction", "how the rows' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result"),
            arg(&Options::activated, "activated", "predictions are probabilities already").since_v2_27()};
  }
  QualityFocalLoss(const Options& options, const BuildContext& context)
      : Loss("QualityFocalLoss", options, context), beta_(options.beta), activated_(options.activated) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    if (!call.quality.defined()) throw Error("QualityFocalLoss needs the quality of each target");
    const torch::Tensor probability = activated_ ? prediction : prediction.sigmoid();
    const torch::Tensor positive = ((target >= 0) & (target < prediction.size(1))).nonzero().squeeze(1);
    const torch::Tensor label = target.index({positive}).to(torch::kLong);
    const torch::Tensor quality = call.quality.index({positive});
    const torch::Tensor background = entropy(prediction, torch::zeros_like(prediction)) * probability.pow(beta_);
    const torch::Tensor distance = torch::abs(quality - probability.index({positive, label}));
    const torch::Tensor object = entropy(prediction.index({positive, label}), quality) * distance.pow(beta_);
    return reduce(background.index_put({positive, label}, object).sum(1), call.weight, call);
  }

 private:
  torch::Tensor entropy(const torch::Tensor& prediction, const torch::Tensor& target) const {
    return activated_ ? torch::binary_cross_entropy(prediction, target, {}, at::Reduction::None)
                      : torch::binary_cross_entropy_with_logits(prediction, target, {}, {}, at::Reduction::None);
  }

  double beta_;
  bool activated_;
};

DETFORGE_REGISTER(losses, QualityFocalLoss,
                  {.name = "QualityFocalLoss",
                   .python = "mmdet.models.losses.gfocal_loss.QualityFocalLoss",
                   .meaning = "focal loss with the box's quality as target"});

}  // namespace detforge
