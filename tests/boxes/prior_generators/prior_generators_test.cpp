#include "detforge/boxes/prior_generators/anchor_generator.h"
#include "tests/boxes/boxes.h"

namespace detforge {
namespace {

using testing::boxes;
using testing::numbers;

std::shared_ptr<PriorGenerator> build(Value config, Reference reference = Reference::V2_8) {
  return anchor_generators().build(config, {reference, "prior_generator"});
}

std::string failure(const Value& config) {
  try {
    build(config);
  } catch (const Error& error) {
    const std::string text = error.what();
    return text.substr(0, text.find('\n'));
  }
  return "built";
}

TEST(PriorGenerator, MarksTheCellsThatHaveAnObjectsCentre) {
  const auto generator = build(Value::dict(
      {{"type", "AnchorGenerator"}, {"strides", Value::list({8})}, {"ratios", Value::list({1.0, 2.0})}, {"scales", Value::list({1.0})}}));
  const std::vector<ImageSize> sizes = {{2, 3}};
  const torch::Tensor objects = boxes({{0, 0, 4, 4}, {10, 8, 18, 16}});
  EXPECT_EQ(numbers(generator->responsible_flags(sizes, objects)[0]), (std::vector<std::int64_t>{1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0}));
  EXPECT_EQ(generator->responsible_flags(sizes, torch::zeros({0, 4}))[0].sum().item<std::int64_t>(), 0);
}

TEST(PriorGenerator, ACentreRightOfTheMapCountsForTheNextRow) {
  const auto generator = build(Value::dict(
      {{"type", "AnchorGenerator"}, {"strides", Value::list({8})}, {"ratios", Value::list({1.0})}, {"scales", Value::list({1.0})}}));
  const std::vector<ImageSize> sizes = {{2, 2}};
  EXPECT_EQ(numbers(generator->responsible_flags(sizes, boxes({{14, 0, 18, 4}}))[0]), (std::vector<std::int64_t>{0, 0, 1, 0}));
  EXPECT_EQ(numbers(generator->responsible_flags(sizes, boxes({{14, 14, 18, 18}}))[0]), (std::vector<std::int64_t>{0, 0, 0, 0}));
}

TEST(AnchorGenerator, RefusesScalesBesideAnOctave) {
  const Value base = Value::dict({{"type", "AnchorGenerator"}, {"strides", Value::list({8})}, {"ratios", Value::list({1.0})}});
  EXPECT_EQ(failure(base), "error: argument 'scales' of AnchorGenerator: must be given, or else octave_base_scale with scales_per_octave");
  Value both = base;
  both["scales"] = Value::list({1.0});
  both["octave_base_scale"] = 4;
  both["scales_per_octave"] = 3;
  EXPECT_EQ(failure(both),
            "error: argument 'scales' of AnchorGenerator: must be None where octave_base_scale and scales_per_octave are given");
}

TEST(AnchorGenerator, RefusesAnotherNumberOfLevels) {
  const auto generator = build(Value::dict(
      {{"type", "AnchorGenerator"}, {"strides", Value::list({8})}, {"ratios", Value::list({1.0})}, {"scales", Value::list({1.0})}}));
  EXPECT_THROW(generator->grid_priors(std::vector<ImageSize>{{1, 1}, {2, 2}}), Error);
  EXPECT_EQ(generator->grid_priors(std::vector<ImageSize>{{0, 3}})[0].sizes(), (std::vector<std::int64_t>{0, 4}));
}

TEST(SSDAnchorGenerator, TakesItsSizesFromTheInputOrFromLists) {
  const Value base = Value::dict(
      {{"type", "SSDAnchorGenerator"}, {"strides", Value::list({8, 16})}, {"ratios", Value::list({Value::list({2}), Value::list({2})})}});
  EXPECT_TRUE(failure(base).starts_with("error: SSDAnchorGenerator needs the argument 'basesize_ratio_range'"));
  Value input = base;
  input["basesize_ratio_range"] = Value::list({0.15, 0.9});
  input["input_size"] = 400;
  EXPECT_EQ(failure(input),
            "error: argument 'input_size' of SSDAnchorGenerator: must be 300 or 512 where min_sizes and max_sizes are not given");
  Value lists = base;
  lists["min_sizes"] = Value::list({16, 32});
  lists["max_sizes"] = Value::list({64, 128});
  lists["scale_major"] = false;
  const auto generator = std::dynamic_pointer_cast<AnchorGenerator>(build(lists, Reference::V2_27));
  testing::expect_close(generator->base_anchors()[0].slice(0, 0, 2), boxes({{-4, -4, 12, 12}, {-12, -12, 20, 20}}), 1e-5);
}

TEST(PointGenerator, LaysOutCornersRowByRow) {
  const auto generator = build(Value::dict({{"type", "PointGenerator"}}));
  const std::vector<ImageSize> sizes = {{2, 2}};
  testing::expect_close(generator->grid_priors(sizes)[0], boxes({{0, 0, 16, 16}, {16, 0, 16, 16}, {0, 16, 16, 16}, {16, 16, 16, 16}}), 0);
}

}  // namespace
}  // namespace detforge
