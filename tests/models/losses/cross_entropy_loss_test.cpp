#include <gtest/gtest.h>

#include <cmath>

#include "detforge/models/losses/loss.h"

namespace detforge {
namespace {

std::shared_ptr<Loss> sigmoid_loss(Reference reference) {
  return build_loss(Value::dict({{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"reduction", "sum"}}), {reference, {}});
}

// A row of zeros costs log 2 per class whatever its label.
TEST(CrossEntropyLoss, CountsNegativeLabelsByReference) {
  const torch::Tensor prediction = torch::zeros({2, 3}), labels = torch::tensor({1, -1}, torch::kLong);
  EXPECT_NEAR(sigmoid_loss(Reference::V2_8)->forward(prediction, labels).item<double>(), 6 * std::log(2.0), 1e-5);
  EXPECT_NEAR(sigmoid_loss(Reference::V2_27)->forward(prediction, labels).item<double>(), 3 * std::log(2.0), 1e-5);
}

TEST(CrossEntropyLoss, AveragesOverLabelsThatAreNotIgnored) {
  const auto loss =
      build_loss(Value::dict({{"type", "CrossEntropyLoss"}, {"ignore_index", 2}, {"avg_non_ignore", true}}), {Reference::V2_27, {}});
  const torch::Tensor labels = torch::tensor({0, 2, 2}, torch::kLong);
  EXPECT_NEAR(loss->forward(torch::zeros({3, 3}), labels).item<double>(), std::log(3.0), 1e-5);
}

TEST(CrossEntropyLoss, OfMasksNeedsTheirClasses) {
  const auto loss = build_loss(Value::dict({{"type", "CrossEntropyLoss"}, {"use_mask", true}}));
  const torch::Tensor masks = torch::zeros({1, 2, 4, 4}), targets = torch::zeros({1, 4, 4});
  try {
    loss->forward(masks, targets);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "error: CrossEntropyLoss: use_mask needs the class of each mask");
  }
}

}  // namespace
}  // namespace detforge
