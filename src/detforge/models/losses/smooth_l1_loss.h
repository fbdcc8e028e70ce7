#pragma once

#include "detforge/models/losses/loss.h"

namespace detforge {

/// Quadratic below `beta`, then linear (Fast R-CNN, arXiv 1504.08083); without targets 0.
class SmoothL1Loss : public Loss {
 public:
  struct Options : Loss::Options {
    double beta = 1.0;
  };
  static Arguments<Options> arguments();

  SmoothL1Loss(const Options& options, const BuildContext& context) : Loss("SmoothL1Loss", options, context), beta_(options.beta) {}

  /// For a head that changes it while it learns; above 0.
  void set_beta(double beta) { beta_ = beta; }

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override;

 private:
  double beta_;
};

}  // namespace detforge
