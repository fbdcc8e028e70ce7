#include <gtest/gtest.h>

#include "detforge/models/losses/pisa_loss.h"

namespace detforge {
namespace {

PisaSamples samples() {
  return {.cls_score = torch::tensor({{0.5, -1.0}, {-0.3, 0.2}, {0.1, 0.4}}),
          .bbox_pred = torch::tensor({{0.0, 0.0, 10.0, 10.0}, {0.0, 0.0, 6.0, 10.0}, {2.0, 2.0, 4.0, 4.0}}),
          .labels = torch::tensor({0, 0, 2}, torch::kLong),
          .label_weights = torch::ones({3}),
          .bbox_targets = torch::tensor({{0.0, 0.0, 10.0, 10.0}, {0.0, 0.0, 10.0, 10.0}, {0.0, 0.0, 0.0, 0.0}}),
          .num_classes = 2};
}

TEST(CarlLoss, OfNoPositiveIsZeroWithAGradient) {
  PisaSamples background = samples();
  background.labels.fill_(2);
  background.cls_score.requires_grad_();
  const auto loss = build_loss(Value::dict({{"type", "L1Loss"}}));
  const torch::Tensor value = carl_loss(background, *loss, 1.0, /*sigmoid=*/true, PisaCfg::carl());
  EXPECT_EQ(value.sizes(), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(value.item<double>(), 0);
  EXPECT_TRUE(value.requires_grad());
}

// With a bias of 1 every positive weighs the same: what remains is the plain loss.
TEST(CarlLoss, IsThePlainLossWithoutRegardToScores) {
  const auto loss = build_loss(Value::dict({{"type", "L1Loss"}}));
  EXPECT_NEAR(carl_loss(samples(), *loss, 2.0, /*sigmoid=*/true, {1, 1}).item<double>(), 4.0 / 2, 1e-6);
}

TEST(PisaCfg, NamesTheKeyThatItDoesNotKnow) {
  try {
    PisaCfg::from(ConfigDict{{"bais", 0.2}}, "isr of the train_cfg of PISARetinaHead", PisaCfg::isr(), {});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "error: isr of the train_cfg of PISARetinaHead has no argument 'bais'; did you mean 'bias'?");
  }
}

}  // namespace
}  // namespace detforge
