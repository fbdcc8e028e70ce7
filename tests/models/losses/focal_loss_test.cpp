#include <gtest/gtest.h>

#include <cmath>

#include "detforge/models/losses/loss.h"

namespace detforge {
namespace {

std::shared_ptr<Loss> focal_loss(Reference reference) {
  return build_loss(Value::dict({{"type", "FocalLoss"}, {"reduction", "sum"}}), {reference, {}});
}

struct ValueAndGradient {
  double value, gradient;
};

ValueAndGradient of_background(Reference reference, double logit) {
  const torch::Tensor prediction = torch::full({1, 1}, logit).requires_grad_();
  const torch::Tensor value = focal_loss(reference)->forward(prediction, torch::ones({1}, torch::kLong));
  value.backward();
  return {value.item<double>(), prediction.grad().item<double>()};
}

// At a logit of 30 the probability rounds to 1: mmcv's kernel then takes the logarithm of the smallest float, but keeps
// a gradient.
TEST(FocalLoss, IsTheKernelInV28) {
  const ValueAndGradient kernel = of_background(Reference::V2_8, 30), formula = of_background(Reference::V2_27, 30);
  EXPECT_NEAR(kernel.value, 0.75 * 87.3365, 1e-2);
  EXPECT_NEAR(kernel.gradient, 0.75, 1e-5);
  EXPECT_NEAR(formula.value, 0.75 * 30, 1e-3);
  EXPECT_NEAR(formula.gradient, 0.75, 1e-3);
}

TEST(FocalLoss, IsOneFormulaInBothVersionsForOrdinaryLogits) {
  for (const double logit : {-3.0, -0.5, 0.0, 0.7, 4.0}) {
    const ValueAndGradient kernel = of_background(Reference::V2_8, logit), formula = of_background(Reference::V2_27, logit);
    const double p = 1 / (1 + std::exp(-logit));
    EXPECT_NEAR(kernel.value, -0.75 * p * p * std::log(1 - p), 1e-5) << logit;
    EXPECT_NEAR(kernel.value, formula.value, 1e-5) << logit;
    EXPECT_NEAR(kernel.gradient, formula.gradient, 1e-5) << logit;
  }
}

TEST(FocalLoss, TakesWeightsOfRowsAndOfElements) {
  const auto loss = focal_loss(Reference::V2_27);
  const torch::Tensor prediction = torch::tensor({{0.3, -0.2}, {1.0, 0.1}}), labels = torch::tensor({0, 2}, torch::kLong);
  LossCall by_row, by_element;
  by_row.weight = torch::tensor({0.5, 2.0});
  by_element.weight = torch::tensor({0.5, 0.5, 2.0, 2.0});
  EXPECT_NEAR(loss->forward(prediction, labels, by_row).item<double>(), loss->forward(prediction, labels, by_element).item<double>(), 1e-6);
}

TEST(FocalLoss, OfNothingIsZero) {
  const torch::Tensor value = focal_loss(Reference::V2_27)->forward(torch::zeros({0, 4}), torch::zeros({0}, torch::kLong));
  EXPECT_EQ(value.item<double>(), 0);
}

}  // namespace
}  // namespace detforge
