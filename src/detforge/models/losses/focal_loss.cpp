#include <limits>

#include "detforge/models/losses/loss.h"

namespace detforge {

/// Binary cross entropy that looks away from what is easy (RetinaNet, arXiv 1708.02002): prediction [N, C] logits, target
/// [N] class indices, all others background; `weight` is [N], [N, C] or flat [N·C].
///
/// In v2.8 it is mmcv's CUDA kernel, which takes 1 - p and the logarithms of p and 1 - p one after the other in single
/// precision; in v2.27 the logarithm is that of the logit.
class FocalLoss : public Loss {
 public:
  struct Options : Loss::Options {
    bool use_sigmoid = true;
    double gamma = 2.0;
    double alpha = 0.25;
    bool activated = false;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::use_sigmoid, "use_sigmoid", "only True").one_of({true}),
            arg(&Options::gamma, "gamma", "power of the distance from the target"),
            arg(&Options::alpha, "alpha", "factor of objects; background has 1 - alpha"),
            arg(&Options::reduction, "reduction", "how the elements' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result"),
            arg(&Options::activated, "activated", "predictions are probabilities already").since_v2_27()};
  }
  FocalLoss(const Options& options, const BuildContext& context)
      : Loss("FocalLoss", options, context), gamma_(options.gamma), alpha_(options.alpha), activated_(options.activated) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& label, const LossCall& call) override {
    const torch::Tensor classes = torch::arange(prediction.size(1), label.options());
    const torch::Tensor target = (label.unsqueeze(1) == classes).to(prediction.dtype());
    torch::Tensor weight = call.weight;
    if (weight.defined() && weight.sizes() != prediction.sizes()) {
      weight = weight.size(0) == prediction.size(0) ? weight.view({-1, 1}) : weight.view({prediction.size(0), -1});
    }
    return reduce(elementwise(prediction, target), weight, call);
  }

 private:
  class Kernel;

  torch::Tensor elementwise(const torch::Tensor& prediction, const torch::Tensor& target) const;

  double gamma_;
  double alpha_;
  bool activated_;
};

/// The kernel and its derivative, which is not that of the rounded formula.
class FocalLoss::Kernel : public torch::autograd::Function<FocalLoss::Kernel> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& prediction, const torch::Tensor& target,
                               double gamma, double alpha) {
    context->save_for_backward({prediction, target});
    context->saved_data["gamma"] = gamma;
    context->saved_data["alpha"] = alpha;
    const torch::Tensor p = prediction.sigmoid(), q = 1 - p;
    return -(alpha * target * q.pow(gamma) * log(p) + (1 - alpha) * (1 - target) * p.pow(gamma) * log(q));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor& target = saved[1];
    const double gamma = context->saved_data["gamma"].toDouble(), alpha = context->saved_data["alpha"].toDouble();
    const torch::Tensor p = saved[0].sigmoid(), q = 1 - p;
    const torch::Tensor of_objects = q.pow(gamma) * (q - gamma * p * log(p));
    const torch::Tensor of_background = p.pow(gamma) * (gamma * q * log(q) - p);
    return {-(alpha * target * of_objects + (1 - alpha) * (1 - target) * of_background) * gradients[0], {}, {}, {}};
  }

 private:
  static torch::Tensor log(const torch::Tensor& probability) { return probability.clamp_min(std::numeric_limits<float>::min()).log(); }
};

torch::Tensor FocalLoss::elementwise(const torch::Tensor& prediction, const torch::Tensor& target) const {
  if (reference() == Reference::V2_8 && !activated_) return Kernel::apply(prediction, target, gamma_, alpha_);
  const torch::Tensor p = activated_ ? prediction : prediction.sigmoid();
  const torch::Tensor distance = (1 - p) * target + p * (1 - target);
  const torch::Tensor focal = (alpha_ * target + (1 - alpha_) * (1 - target)) * distance.pow(gamma_);
  return focal * (activated_ ? torch::binary_cross_entropy(prediction, target, {}, at::Reduction::None)
                             : torch::binary_cross_entropy_with_logits(prediction, target, {}, {}, at::Reduction::None));
}

DETFORGE_REGISTER(losses, FocalLoss,
                  {.name = "FocalLoss",
                   .python = "mmdet.models.losses.focal_loss.FocalLoss",
                   .meaning = "binary cross entropy that looks away from what is easy"});

}  // namespace detforge
