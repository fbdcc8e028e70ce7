#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "detforge/models/losses/loss.h"

namespace detforge {
namespace {

torch::Tensor boxes(std::initializer_list<std::array<float, 4>> rows) {
  torch::Tensor all = torch::empty({static_cast<std::int64_t>(rows.size()), 4});
  std::int64_t row = 0;
  for (const auto& box : rows) {
    for (std::int64_t i = 0; i < 4; ++i) all[row][i] = box[static_cast<std::size_t>(i)];
    ++row;
  }
  return all;
}

class EveryBoxLoss : public testing::TestWithParam<const char*> {
 protected:
  std::shared_ptr<Loss> loss() const { return build_loss(Value::dict({{"type", GetParam()}}), {Reference::V2_27, {}}); }
};

TEST_P(EveryBoxLoss, IsFiniteForEmptyAndDegenerateBoxes) {
  const torch::Tensor target = boxes({{0, 0, 10, 10}, {5, 5, 5, 5}, {0, 0, 1e5, 1e5}});
  const torch::Tensor prediction = boxes({{20, 20, 20, 20}, {5, 5, 5, 5}, {3, 3, 4, 4}}).requires_grad_();
  const torch::Tensor value = loss()->forward(prediction, target);
  EXPECT_TRUE(torch::isfinite(value).all().item<bool>());
  value.sum().backward();
  EXPECT_TRUE(torch::isfinite(prediction.grad()).all().item<bool>());
}

TEST_P(EveryBoxLoss, GivesZeroWithAGradientWhenNothingCounts) {
  const torch::Tensor prediction = boxes({{0, 0, 10, 10}, {1, 1, 3, 3}}).requires_grad_();
  LossCall call;
  call.weight = torch::zeros({2, 4});
  call.avg_factor = 1.0;
  const torch::Tensor value = loss()->forward(prediction, boxes({{0, 0, 5, 5}, {1, 1, 4, 4}}), call);
  EXPECT_EQ(value.item<double>(), 0);
  value.backward();
  EXPECT_EQ(prediction.grad().abs().sum().item<double>(), 0);
}

TEST_P(EveryBoxLoss, OfNoBoxesIsZero) {
  const torch::Tensor prediction = torch::zeros({0, 4}).requires_grad_();
  LossCall call;
  call.weight = torch::zeros({0});
  call.avg_factor = 1.0;
  EXPECT_EQ(loss()->forward(prediction, torch::zeros({0, 4}), call).item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(Losses, EveryBoxLoss, testing::Values("IoULoss", "GIoULoss", "DIoULoss", "CIoULoss", "BoundedIoULoss"),
                         [](const auto& test) { return std::string(test.param); });

TEST(BoxLoss, GivesOneZeroWithoutWeights) {
  LossCall call;
  call.weight = torch::zeros({2});
  call.reduction = Reduction::None;
  const torch::Tensor some = boxes({{0, 0, 10, 10}, {1, 1, 3, 3}});
  EXPECT_EQ(build_loss(Value::dict({{"type", "GIoULoss"}}))->forward(some, some, call).dim(), 0);
  EXPECT_EQ(build_loss(Value::dict({{"type", "IoULoss"}}))->forward(some, some, call).sizes(), (std::vector<std::int64_t>{2}));
}

// Boxes that do not meet, of ratios 1 and 2: v2.8 adds what the ratios say, v2.27 only above an IoU of one half.
TEST(CIoULoss, CountsRatiosByReference) {
  const Value config = Value::dict({{"type", "CIoULoss"}});
  const torch::Tensor square = boxes({{0, 0, 10, 10}}), wide = boxes({{20, 0, 40, 10}});
  const double distance = (15.0 + 10.0) * (15.0 + 10.0) / (40.0 * 40 + 10 * 10);
  const double angle = std::atan(2.0) - std::atan(1.0), ratios = 4 / (std::numbers::pi * std::numbers::pi) * angle * angle;
  EXPECT_NEAR(build_loss(config, {Reference::V2_27, {}})->forward(square, wide).item<double>(), 1 + distance, 1e-4);
  EXPECT_NEAR(build_loss(config, {Reference::V2_8, {}})->forward(square, wide).item<double>(),
              1 + distance + ratios * ratios / (1 + ratios), 1e-4);
}

}  // namespace
}  // namespace detforge
