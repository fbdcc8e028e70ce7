#include "detforge/models/roi_heads/mask_heads/mask_target.h"

#include <gtest/gtest.h>

namespace detforge {
namespace {

/// A square of 8 px from (8, 8) on, in an image of 32 × 32 px.
BitmapMasks square() {
  std::vector<std::uint8_t> pixels(32 * 32, 0);
  for (std::size_t y = 8; y < 16; ++y) {
    for (std::size_t x = 8; x < 16; ++x) pixels[y * 32 + x] = 1;
  }
  return {std::move(pixels), {32, 32}};
}

SamplingResult positive(const std::vector<float>& box) {
  SamplingResult sample;
  sample.pos_bboxes = torch::tensor(box).view({-1, 4});
  sample.pos_assigned_gt_inds = torch::zeros({sample.pos_bboxes.size(0)}, torch::kLong);
  sample.num_gts = 1;
  return sample;
}

RcnnTrainCfg of_size(nn::Pair size) {
  RcnnTrainCfg config;
  config.mask_size = size;
  return config;
}

TEST(MaskTarget, IsTheMaskInsideOfTheRegion) {
  const std::vector<SamplingResult> samples = {positive({8, 8, 16, 16, 8, 8, 24, 16, 20, 20, 30, 30})};
  const std::vector<InstanceMasks> masks = {square()};
  const torch::Tensor targets = mask_target(samples, masks, of_size({2, 4}));
  ASSERT_EQ(targets.sizes(), (std::vector<std::int64_t>{3, 2, 4}));
  EXPECT_EQ(targets[0].sum().item<float>(), 8);
  EXPECT_TRUE(torch::equal(targets[1], torch::tensor({1.F, 1.F, 0.F, 0.F, 1.F, 1.F, 0.F, 0.F}).view({2, 4})));
  EXPECT_EQ(targets[2].sum().item<float>(), 0);
}

TEST(MaskTarget, OfARegionThatLeavesTheImageIsThatOfItsPartInside) {
  const std::vector<InstanceMasks> masks = {square()};
  const std::vector<SamplingResult> outside = {positive({-100, 8, 16, 16})}, inside = {positive({0, 8, 16, 16})};
  EXPECT_TRUE(torch::equal(mask_target(outside, masks, of_size(4)), mask_target(inside, masks, of_size(4))));
}

TEST(MaskTarget, IsBetweenZeroAndOneWhereTheConfigAsksForThat) {
  const std::vector<SamplingResult> samples = {positive({4, 4, 12, 12})};
  const std::vector<InstanceMasks> masks = {square()};
  RcnnTrainCfg config = of_size(3);
  config.soft_mask_target = true;
  const torch::Tensor targets = mask_target(samples, masks, config);
  EXPECT_TRUE(((targets > 0) & (targets < 1)).any().item<bool>());
}

TEST(MaskTarget, OfNoPositivesIsNothing) {
  SamplingResult none = positive({});
  none.num_gts = 0;
  const std::vector<SamplingResult> samples = {none};
  const std::vector<InstanceMasks> masks = {BitmapMasks(ImageSize{32, 32})};
  EXPECT_EQ(mask_target(samples, masks, of_size(7)).sizes(), (std::vector<std::int64_t>{0, 7, 7}));
}

TEST(MaskTarget, OfAnObjectWithoutPolygonsIsEmpty) {
  const std::vector<SamplingResult> samples = {positive({8, 8, 16, 16})};
  const std::vector<InstanceMasks> masks = {PolygonMasks({Polygons()}, {32, 32})};
  EXPECT_EQ(mask_target(samples, masks, of_size(4)).sum().item<float>(), 0);
}

TEST(MaskTarget, SaysWhatIsMissing) {
  const auto message = [](const std::vector<InstanceMasks>& masks, const RcnnTrainCfg& config) {
    const std::vector<SamplingResult> samples = {positive({8, 8, 16, 16})};
    try {
      mask_target(samples, masks, config);
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  EXPECT_EQ(message({square()}, RcnnTrainCfg()), "the train_cfg of a head with masks needs a 'mask_size'");
  EXPECT_EQ(message({}, of_size(4)), "a head with masks needs masks of the objects to learn from");
  EXPECT_EQ(message({BitmapMasks(ImageSize{32, 32})}, of_size(4)), "an image has 1 objects, but 0 masks");
}

}  // namespace
}  // namespace detforge
