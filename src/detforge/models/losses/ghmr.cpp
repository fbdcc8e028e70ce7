#include <algorithm>

#include "detforge/models/losses/gradient_histogram.h"
#include "detforge/models/losses/loss.h"

namespace detforge {

/// A smooth L1 loss in which every length of the gradient counts alike (arXiv 1811.05181); the call's `weight` is above 0
/// where an element is valid. `avg_factor` does not count.
class GHMR : public Loss {
 public:
  struct Options : Loss::Options {
    double mu = 0.02;
    std::int64_t bins = 10;
    double momentum = 0;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::mu, "mu", "difference up to which the loss is round"),
            arg(&Options::bins, "bins", "number of lengths that are told apart").at_least(1),
            arg(&Options::momentum, "momentum", "weight of the past in the counts; 0: none"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result"),
            arg(&Options::reduction, "reduction", "how the elements' losses become one").since_v2_27()};
  }
  GHMR(const Options& options, const BuildContext& context)
      : Loss("GHMR", options, context),
        mu_(options.mu),
        histogram_(options.bins, options.momentum, 1e3F,
                   [this](const char* name, const torch::Tensor& initial) { return register_buffer(name, initial); }) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    if (!call.weight.defined()) throw Error("GHMR needs a weight, above 0 where an element is valid");
    const torch::Tensor difference = prediction - target;
    const torch::Tensor rounded = torch::sqrt(difference * difference + mu_ * mu_);
    const double total = std::max(call.weight.to(torch::kFloat).sum().item<double>(), 1.0);
    const torch::Tensor lengths = torch::abs(difference / rounded).detach();
    LossCall over_valid = call;
    over_valid.avg_factor = total;
    return reduce(rounded - mu_, histogram_.weights(lengths, call.weight > 0, total), over_valid);
  }

 private:
  double mu_;
  GradientHistogram histogram_;
};

DETFORGE_REGISTER(losses, GHMR,
                  {.name = "GHMR", .python = "mmdet.models.losses.ghm_loss.GHMR", .meaning = "smooth L1 with harmonised gradients"});

}  // namespace detforge
