#include "detforge/models/dense_heads/solo/solo_targets.h"

#include <gtest/gtest.h>

/// Which cells of SOLO's grids learn an object, and what of its mask they see.
namespace detforge {
namespace {

constexpr ImageSize image = {40, 80};
constexpr SoloTargetRules rules = {.num_classes = 3, .pos_scale = 0.4, .image = image};
const SoloGrid grid = {.num_grid = 5, .scale_range = {1, 30}, .map = {10, 20}, .map_stride_px = 4};

struct Object {
  std::int64_t left, top, right, bottom, label;
};

SoloTargets targets_of(const std::vector<Object>& objects, const SoloGrid& of_level = grid) {
  torch::Tensor boxes = torch::zeros({static_cast<std::int64_t>(objects.size()), 4});
  std::vector<std::int64_t> labels;
  std::vector<std::uint8_t> pixels;
  for (const Object& object : objects) {
    boxes[static_cast<std::int64_t>(labels.size())].copy_(
        torch::tensor({object.left, object.top, object.right, object.bottom}, torch::kFloat));
    labels.push_back(object.label);
    for (std::int64_t y = 0; y < image.height; ++y) {
      for (std::int64_t x = 0; x < image.width; ++x) {
        pixels.push_back(static_cast<std::uint8_t>(x >= object.left && x < object.right && y >= object.top && y < object.bottom));
      }
    }
  }
  return solo_targets(of_level, rules, boxes, torch::tensor(labels, torch::kLong), {std::move(pixels), image});
}

std::vector<std::int64_t> cells_of(const SoloTargets& targets) {
  const std::int64_t* first = targets.cells.data_ptr<std::int64_t>();
  return {first, first + targets.cells.numel()};
}

TEST(SoloTargets, AreTheCellsAroundTheMiddleOfAnObject) {
  // The middle of the pixels is (31.5, 19.5), of which 4 px to each side (20 · 0.4 / 2) are its own; cells are 16 × 8 px.
  const SoloTargets targets = targets_of({{22, 10, 42, 30, 1}});
  EXPECT_EQ(cells_of(targets), (std::vector<std::int64_t>{1 * 5 + 1, 1 * 5 + 2, 2 * 5 + 1, 2 * 5 + 2}));
  torch::Tensor labels = torch::full({5, 5}, 3, torch::kLong);
  labels.slice(0, 1, 3).slice(1, 1, 3).fill_(1);
  EXPECT_TRUE(torch::equal(targets.labels.view({5, 5}), labels));
}

TEST(SoloTargets, ReachNoFurtherThanTheNextCell) {
  // 16 and 8 px to each side are two columns and two rows, of which one counts.
  const SoloGrid fine = {.num_grid = 10, .scale_range = {1, 300}, .map = {10, 20}, .map_stride_px = 4};
  std::vector<std::int64_t> rows, columns;
  for (const std::int64_t cell : cells_of(targets_of({{0, 0, 80, 40, 0}}, fine))) {
    rows.push_back(cell / 10);
    columns.push_back(cell % 10);
  }
  EXPECT_EQ(rows, (std::vector<std::int64_t>{3, 3, 3, 4, 4, 4, 5, 5, 5}));
  EXPECT_EQ(columns, (std::vector<std::int64_t>{3, 4, 5, 3, 4, 5, 3, 4, 5}));
}

TEST(SoloTargets, SeeTheMaskAtTheirStrideOnTheMapsGround) {
  const SoloTargets targets = targets_of({{24, 8, 40, 32, 1}});
  ASSERT_GT(targets.masks.size(0), 0);
  torch::Tensor wanted = torch::zeros({10, 20}, torch::kByte);
  wanted.slice(0, 2, 8).slice(1, 6, 10).fill_(1);
  EXPECT_TRUE(torch::equal(targets.masks[0], wanted));
  const SoloGrid larger = {.num_grid = 5, .scale_range = {1, 30}, .map = {12, 24}, .map_stride_px = 4};
  const torch::Tensor on_larger = targets_of({{24, 8, 40, 32, 1}}, larger).masks[0];
  EXPECT_TRUE(torch::equal(on_larger.slice(0, 0, 10).slice(1, 0, 20), wanted));
  EXPECT_EQ(on_larger.sum().item<std::int64_t>(), wanted.sum().item<std::int64_t>());
}

TEST(SoloTargets, AreOnlyOfObjectsOfTheLevelsSizeThatHavePixels) {
  SoloTargets targets = targets_of({{0, 0, 80, 40, 1}, {90, 10, 100, 20, 2}});  // √3200 px; outside of the image
  EXPECT_EQ(targets.cells.numel(), 0);
  EXPECT_EQ(targets.masks.sizes(), (std::vector<std::int64_t>{0, 10, 20}));
  EXPECT_TRUE(torch::equal(targets.labels, torch::full({25}, 3, torch::kLong)));
  EXPECT_EQ(with_one_object_a_cell(targets).cells.numel(), 0);
  EXPECT_EQ(targets_of({}).cells.numel(), 0);
}

TEST(SoloTargets, OfACellWithSeveralObjectsHaveTheLastOnesClass) {
  const SoloTargets targets = targets_of({{28, 14, 36, 26, 0}, {30, 16, 34, 24, 2}});
  const std::vector<std::int64_t> cells = cells_of(targets);
  const std::size_t half = cells.size() / 2;
  ASSERT_EQ(cells.size() % 2, 0U);
  EXPECT_TRUE(
      std::equal(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(half), cells.begin() + static_cast<std::ptrdiff_t>(half)));
  for (const std::int64_t cell : cells) EXPECT_EQ(targets.labels[cell].item<std::int64_t>(), 2);
  const SoloTargets single = with_one_object_a_cell(targets);
  ASSERT_EQ(single.cells.numel(), static_cast<std::int64_t>(half));
  EXPECT_TRUE(torch::equal(single.masks[0], targets.masks[-1]));
  EXPECT_FALSE(torch::equal(single.masks[0], targets.masks[0]));
}

}  // namespace
}  // namespace detforge
