#pragma once

#include <array>
#include <span>
#include <vector>

namespace detforge::kernels {

/// A mixture of two Gaussians over numbers, fitted by expectation and maximisation as scikit-learn's GaussianMixture does
/// (tolerance 1e-3, at most 100 steps, 1e-6 added to variances), from equal weights, given means and variances of 1.
class GaussianMixture {
 public:
  /// `tied`: both have the same variance. `values` are at least two.
  GaussianMixture(std::span<const double> values, std::array<double, 2> means, bool tied);

  /// The component that a value most likely comes from.
  int predict(double value) const;
  /// The logarithm of the density.
  double score(double value) const;

 private:
  std::array<double, 2> weighted_log_densities(double value) const;

  std::array<double, 2> weights_ = {0.5, 0.5};
  std::array<double, 2> means_;
  std::array<double, 2> variances_ = {1, 1};
};

}  // namespace detforge::kernels
