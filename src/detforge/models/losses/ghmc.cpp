#include <algorithm>

#include "detforge/models/losses/gradient_histogram.h"
#include "detforge/models/losses/loss.h"

namespace detforge {

/// Binary cross entropy in which every length of the gradient counts alike (arXiv 1811.05181): prediction [N, C], target
/// [N] class indices or [N, C], the call's `weight` of the target's shape, above 0 where it is valid. `avg_factor` does not count.
class GHMC : public Loss {
 public:
  struct Options : Loss::Options {
    std::int64_t bins = 10;
    double momentum = 0;
    bool use_sigmoid = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::bins, "bins", "number of lengths that are told apart").at_least(1),
            arg(&Options::momentum, "momentum", "weight of the past in the counts; 0: none"),
            arg(&Options::use_sigmoid, "use_sigmoid", "only True").one_of({true}),
            arg(&Options::loss_weight, "loss_weight", "factor of the result"),
            arg(&Options::reduction, "reduction", "how the elements' losses become one").since_v2_27()};
  }
  GHMC(const Options& options, const BuildContext& context)
      : Loss("GHMC", options, context),
        histogram_(options.bins, options.momentum, 1.0F + 1e-6F,
                   [this](const char* name, const torch::Tensor& initial) { return register_buffer(name, initial); }) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& given, const LossCall& call) override {
    if (!call.weight.defined()) throw Error("GHMC needs a weight, above 0 where a label is valid");
    torch::Tensor target = given, weight = call.weight;
    if (prediction.dim() != target.dim()) {
      target = given.unsqueeze(1) == torch::arange(prediction.size(-1), given.options());
      weight = weight.unsqueeze(1).expand_as(prediction);
    }
    target = target.to(torch::kFloat);
    const torch::Tensor valid = weight > 0;
    const double total = std::max(valid.sum().item<double>(), 1.0);
    const torch::Tensor lengths = torch::abs(prediction.detach().sigmoid() - target);
    LossCall over_valid = call;
    over_valid.avg_factor = total;
    const torch::Tensor loss = torch::binary_cross_entropy_with_logits(prediction, target, {}, {}, at::Reduction::None);
    return reduce(loss, histogram_.weights(lengths, valid, total), over_valid);
  }

 private:
  GradientHistogram histogram_;
};

DETFORGE_REGISTER(losses, GHMC,
                  {.name = "GHMC", .python = "mmdet.models.losses.ghm_loss.GHMC", .meaning = "cross entropy with harmonised gradients"});

}  // namespace detforge
