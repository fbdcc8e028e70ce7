#pragma once

#include "detforge/models/losses/loss.h"

namespace detforge {

/// A loss that sees each predicted box and its target as a whole, both [N, 4] xyxy px: one number per box.
///
/// `weight` is [N], or [N, 4] whose mean counts. Where no weight is above 0 the result is 0 with a gradient of 0.
class BoxLoss : public Loss {
 public:
  struct Options : Loss::Options {
    double eps = 1e-6;
  };
  static Arguments<Options> arguments();

 protected:
  BoxLoss(std::string python_name, const Options& options, const BuildContext& context)
      : Loss(std::move(python_name), options, context), eps_(options.eps) {}

  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override;
  /// The loss of each box: [N].
  virtual torch::Tensor elementwise(const torch::Tensor& prediction, const torch::Tensor& target) const = 0;
  double eps() const { return eps_; }

 private:
  double eps_;
};

/// Whether a loss is called without any weight above 0; box losses then give `nothing_to_learn`.
bool has_no_weight(const LossCall& call);
/// 0, with a gradient of 0 for `prediction` [N, 4].
torch::Tensor nothing_to_learn(const torch::Tensor& prediction, torch::Tensor weight);

}  // namespace detforge
