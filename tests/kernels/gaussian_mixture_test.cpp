#include "detforge/kernels/gaussian_mixture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace detforge::kernels {
namespace {

TEST(GaussianMixture, FindsTwoGroups) {
  const std::vector<double> values = {0.9, 1.0, 1.1, 4.8, 5.0, 5.2};
  const GaussianMixture mixture(values, {0.9, 5.2}, /*tied=*/false);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(mixture.predict(values[i]), i < 3 ? 0 : 1);
  // The groups do not meet, so each is a Gaussian of its own with half of the weight.
  const double variance = 0.02 / 3 + 1e-6;
  EXPECT_NEAR(mixture.score(1.0), std::log(0.5 / std::sqrt(2 * std::numbers::pi * variance)), 1e-3);
}

TEST(GaussianMixture, TiedGroupsHaveOneVariance) {
  const std::vector<double> values = {0.9, 1.0, 1.1, 4.0, 5.0, 6.0};
  const GaussianMixture mixture(values, {0.9, 6.0}, /*tied=*/true);
  const double variance = (0.02 + 2.0) / 6 + 1e-6;
  EXPECT_NEAR(mixture.score(1.0), std::log(0.5 / std::sqrt(2 * std::numbers::pi * variance)), 1e-3);
}

TEST(GaussianMixture, OfEqualValuesIsFinite) {
  const std::vector<double> values = {2, 2};
  const GaussianMixture mixture(values, {2, 2}, /*tied=*/false);
  EXPECT_EQ(mixture.predict(2), 0);
  EXPECT_TRUE(std::isfinite(mixture.score(2)));
}

}  // namespace
}  // namespace detforge::kernels
