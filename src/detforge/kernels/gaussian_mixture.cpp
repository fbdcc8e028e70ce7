#include "detforge/kernels/gaussian_mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace detforge::kernels {
namespace {

double log_sum_exp(const std::array<double, 2>& logs) {
  const double largest = std::max(logs[0], logs[1]);
  return largest + std::log(std::exp(logs[0] - largest) + std::exp(logs[1] - largest));
}

}  // namespace

GaussianMixture::GaussianMixture(std::span<const double> values, std::array<double, 2> means, bool tied) : means_(means) {
  constexpr int max_steps = 100;
  constexpr double tolerance = 1e-3, smallest_variance = 1e-6;
  const auto count = static_cast<double>(values.size());
  double bound = -std::numeric_limits<double>::infinity();
  for (int step = 0; step < max_steps; ++step) {
    double likelihood = 0;
    std::array<double, 2> members = {10 * std::numeric_limits<double>::epsilon(), 10 * std::numeric_limits<double>::epsilon()};
    std::array<double, 2> sums = {0, 0};
    std::vector<std::array<double, 2>> shares;
    for (const double value : values) {
      const std::array<double, 2> logs = weighted_log_densities(value);
      const double log_density = log_sum_exp(logs);
      likelihood += log_density / count;
      shares.push_back({std::exp(logs[0] - log_density), std::exp(logs[1] - log_density)});
      for (std::size_t k = 0; k < 2; ++k) {
        members[k] += shares.back()[k];
        sums[k] += shares.back()[k] * value;
      }
    }
    std::array<double, 2> spreads = {0, 0};
    for (std::size_t k = 0; k < 2; ++k) {
      means_[k] = sums[k] / members[k];
      for (std::size_t i = 0; i < values.size(); ++i) spreads[k] += shares[i][k] * (values[i] - means_[k]) * (values[i] - means_[k]);
    }
    for (std::size_t k = 0; k < 2; ++k) {
      variances_[k] = (tied ? (spreads[0] + spreads[1]) / count : spreads[k] / members[k]) + smallest_variance;
      weights_[k] = members[k] / count;
    }
    const double change = likelihood - bound;
    bound = likelihood;
    if (std::abs(change) < tolerance) break;
  }
}

std::array<double, 2> GaussianMixture::weighted_log_densities(double value) const {
  std::array<double, 2> logs{};
  for (std::size_t k = 0; k < 2; ++k) {
    const double distance = value - means_[k];
    logs[k] = std::log(weights_[k]) - 0.5 * (std::log(2 * std::numbers::pi * variances_[k]) + distance * distance / variances_[k]);
  }
  return logs;
}

int GaussianMixture::predict(double value) const {
  const std::array<double, 2> logs = weighted_log_densities(value);
  return logs[1] > logs[0] ? 1 : 0;
}

double GaussianMixture::score(double value) const { return log_sum_exp(weighted_log_densities(value)); }

}  // namespace detforge::kernels
