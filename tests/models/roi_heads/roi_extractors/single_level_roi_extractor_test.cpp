#include <gtest/gtest.h>

#include <limits>

#include "detforge/config/config.h"
#include "detforge/models/roi_heads/roi_extractors/roi_extractor.h"

namespace detforge {
namespace {

std::shared_ptr<RoIExtractor> extractor(const std::string& extras = "") {
  return roi_extractors().build(
      Config::from_text("e = dict(type='SingleRoIExtractor', roi_layer=dict(type='RoIAlign', output_size=2, "
                        "sampling_ratio=1), out_channels=1, featmap_strides=[4, 8, 16, 32]" +
                            extras + ")",
                        ".py")["e"]);
}

/// Four levels of an image of 1024 × 1024 px, each full of its own number.
nn::Features numbered_levels() {
  nn::Features levels;
  for (std::int64_t level = 0; level < 4; ++level)
    levels.push_back(torch::full({1, 1, 256 >> level, 256 >> level}, static_cast<float>(level)));
  return levels;
}

torch::Tensor square(float size) {
  return torch::tensor({0.F, 512 - size / 2, 512 - size / 2, 512 + size / 2, 512 + size / 2}).view({1, 5});
}

TEST(SingleRoIExtractor, TakesALevelTwiceAsCoarseForARegionTwiceAsLarge) {
  const auto roi_extractor = extractor();
  const auto level = [&](float size) { return roi_extractor->forward(numbered_levels(), square(size))[0][0][0][0].item<float>(); };
  EXPECT_EQ(level(1), 0);
  EXPECT_EQ(level(111), 0);
  EXPECT_EQ(level(112), 1);
  EXPECT_EQ(level(223), 1);
  EXPECT_EQ(level(224), 2);
  EXPECT_EQ(level(448), 3);
  EXPECT_EQ(level(900), 3);
}

TEST(SingleRoIExtractor, ChoosesTheLevelBeforeItEnlargesTheRegion) {
  const auto roi_extractor = extractor();
  EXPECT_EQ(roi_extractor->forward(numbered_levels(), square(100), 4.0)[0][0][0][0].item<float>(), 0);
}

TEST(SingleRoIExtractor, KeepsTheOrderOfRegionsOfAllLevels) {
  const torch::Tensor rois = torch::cat({square(500), square(10), square(300), square(10)});
  const torch::Tensor found = extractor()->forward(numbered_levels(), rois).select(1, 0).select(1, 0).select(1, 0);
  EXPECT_TRUE(torch::equal(found, torch::tensor({3.F, 0.F, 2.F, 0.F})));
}

TEST(SingleRoIExtractor, GivesNothingForNoRegions) {
  const torch::Tensor none = extractor()->forward(numbered_levels(), torch::empty({0, 5}));
  EXPECT_EQ(none.sizes(), (std::vector<std::int64_t>{0, 1, 2, 2}));
}

TEST(SingleRoIExtractor, RefusesRegionsThatAreNone) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(extractor()->forward(numbered_levels(), torch::tensor({0.F, nan, nan, nan, nan}).view({1, 5})), Error);
}

TEST(SingleRoIExtractor, LeavesNoLevelOutOfTheGraph) {
  nn::Features levels = numbered_levels();
  for (torch::Tensor& level : levels) level.set_requires_grad(true);
  extractor()->forward(levels, square(10)).sum().backward();
  for (const torch::Tensor& level : levels) {
    ASSERT_TRUE(level.grad().defined());
  }
  EXPECT_EQ(levels[0].grad().sum().item<float>(), 4);
  EXPECT_EQ(levels[3].grad().abs().sum().item<float>(), 0);
}

TEST(RoIRescale, EnlargesAroundTheCentre) {
  const torch::Tensor rois = torch::tensor({1.F, 10.F, 20.F, 30.F, 60.F}).view({1, 5});
  EXPECT_TRUE(torch::allclose(roi_rescale(rois, 2), torch::tensor({1.F, 0.F, 0.F, 40.F, 80.F}).view({1, 5})));
}

TEST(RoIExtractor, SaysWhatIsWrongWithItsConfig) {
  const auto message = [](const std::string& strides) {
    try {
      roi_extractors().build(
          Config::from_text("e = dict(type='SingleRoIExtractor', roi_layer=dict(type='RoIAlign', output_size=2), "
                            "out_channels=1, featmap_strides=" +
                                strides + ")",
                            ".py")["e"]);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message("[]").find("must have at least one level"), std::string::npos);
  EXPECT_NE(message("[4, 0]").find("must be at least 1, got 0"), std::string::npos);
}

}  // namespace
}  // namespace detforge
