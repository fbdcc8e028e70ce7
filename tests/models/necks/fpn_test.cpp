#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/models/necks/neck.h"
#include "detforge/nn/init/initializer.h"

namespace detforge {
namespace {

std::shared_ptr<Neck> build(const std::string& rest, Reference reference = Reference::V2_8) {
  const auto neck = build_neck(Config::from_text("value = dict(in_channels=[4, 8, 16], out_channels=4, " + rest + ")", ".py")["value"],
                               {reference, "model.neck"});
  torch::manual_seed(0);
  nn::initialize_weights(*neck);
  return neck;
}

nn::Features features() {
  torch::manual_seed(1);
  return {torch::randn({1, 4, 16, 12}), torch::randn({1, 8, 8, 6}), torch::randn({1, 16, 4, 3})};
}

std::string message_of(const std::string& rest, Reference reference = Reference::V2_8) {
  try {
    build(rest, reference);
  } catch (const Error& error) {
    return error.diagnostics().front().message;
  }
  return "no error";
}

TEST(FPN, EndsBeforeItsEndLevelIn2_8AndWithItIn2_27) {
  EXPECT_EQ(build("type='FPN', num_outs=2, end_level=2")->forward(features()).size(), 2U);
  EXPECT_EQ(build("type='FPN', num_outs=2, end_level=1", Reference::V2_27)->forward(features()).size(), 2U);
  EXPECT_EQ(build("type='FPN', num_outs=5, end_level=2", Reference::V2_27)->forward(features()).size(), 5U);
}

TEST(FPN, MakesExtraLevelsOfWhatItIsTold) {
  // With one used level of the input, the extra level shows what it was made of by its channels and values.
  const auto parameter = [](Neck& neck, const char* name) { return neck.named_parameters()[name]; };
  const auto on_input = build("type='FPN', start_level=2, num_outs=2, add_extra_convs=True");
  EXPECT_EQ(parameter(*on_input, "fpn_convs.1.conv.weight").size(1), 16);
  const auto not_on_input = build("type='FPN', start_level=2, num_outs=2, add_extra_convs=True, extra_convs_on_inputs=False");
  const auto on_output = build("type='FPN', start_level=2, num_outs=2, add_extra_convs='on_output'");
  EXPECT_TRUE(torch::equal(not_on_input->forward(features())[1], on_output->forward(features())[1]));
  const auto on_lateral = build("type='FPN', start_level=2, num_outs=2, add_extra_convs='on_lateral'");
  EXPECT_FALSE(torch::equal(on_lateral->forward(features())[1], on_output->forward(features())[1]));
  const auto pooled = build("type='FPN', num_outs=4")->forward(features());
  EXPECT_TRUE(torch::equal(pooled[3], pooled[2].slice(2, 0, 4, 2).slice(3, 0, 3, 2)));
}

TEST(FPN, RectifiesBetweenExtraLevels) {
  const auto plain = build("type='FPN', num_outs=6, add_extra_convs='on_output'");
  const auto rectified = build("type='FPN', num_outs=6, add_extra_convs='on_output', relu_before_extra_convs=True");
  EXPECT_TRUE(torch::equal(plain->forward(features())[3], rectified->forward(features())[3]));
  EXPECT_FALSE(torch::equal(plain->forward(features())[4], rectified->forward(features())[4]));
}

TEST(FPN, EnlargesByAFactorOrBilinearly) {
  const auto nearest = build("type='FPN', num_outs=3")->forward(features());
  const auto factor = build("type='FPN', num_outs=3, upsample_cfg=dict(scale_factor=2)")->forward(features());
  const auto bilinear = build("type='FPN', num_outs=3, upsample_cfg=dict(mode='bilinear')")->forward(features());
  EXPECT_TRUE(torch::equal(nearest[0], factor[0]));
  EXPECT_FALSE(torch::equal(nearest[0], bilinear[0]));
}

TEST(FPN, BeginsWithUniformXavierIn2_8Too) {
  const auto neck =
      build_neck(Config::from_text("value = dict(type='FPN', in_channels=[256], out_channels=256, num_outs=1)", ".py")["value"]);
  torch::manual_seed(0);
  nn::initialize_weights(*neck);
  const torch::Tensor weight = neck->named_parameters()["fpn_convs.0.conv.weight"];
  const double bound = std::sqrt(6.0 / (2 * 256 * 9));
  EXPECT_NEAR(weight.abs().max().item<double>(), bound, 1e-4);
  EXPECT_NEAR(weight.std().item<double>(), bound / std::sqrt(3), 1e-4);
}

TEST(FPN, SaysWhatIsWrong) {
  EXPECT_EQ(message_of("type='FPN', num_outs=2"), "argument 'num_outs' of FPN: must be at least the number of levels used, 3");
  EXPECT_EQ(message_of("type='FPN', num_outs=3, end_level=2"),
            "argument 'num_outs' of FPN: must be the number of levels used, 2, where end_level is not the last");
  EXPECT_EQ(message_of("type='FPN', num_outs=3, end_level=4"), "argument 'end_level' of FPN: lies beyond the 3 input levels");
  EXPECT_EQ(message_of("type='FPN', num_outs=3, start_level=3"), "argument 'start_level' of FPN: leaves no input level");
  EXPECT_EQ(message_of("type='FPN', num_outs=4, add_extra_convs='on_top'"),
            "argument 'add_extra_convs' of FPN: must be True, False, 'on_input', 'on_lateral' or 'on_output', got 'on_top'");
  EXPECT_EQ(message_of("type='FPN', num_outs=4, upsample_cfg=dict(mod='nearest')"),
            "upsample_cfg has no argument 'mod'; did you mean 'mode'?");
  EXPECT_EQ(message_of("type='PAFPN', num_outs=4, upsample_cfg=dict(mode='nearest')"), "PAFPN has no argument 'upsample_cfg'");
  try {
    build("type='FPN', num_outs=3")->forward({features()[0]});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostics().front().message, "FPN takes 3 levels ('in_channels'), got 1");
  }
}

}  // namespace
}  // namespace detforge
