#include "detforge/boxes/bbox_overlaps.h"

#include "detforge/boxes/iou_calculators/iou_calculator.h"
#include "detforge/data/box_overlap.h"
#include "tests/boxes/boxes.h"

namespace detforge {
namespace {

using testing::boxes;
using testing::expect_close;
using testing::lattice;

/// By counting the unit cells that two boxes of the lattice cover.
struct Cells {
  double common = 0, of_a = 0, of_b = 0, enclosing = 0;

  Cells(const float* a, const float* b) {
    const auto covers = [](const float* box, float x, float y) { return box[0] <= x && x < box[2] && box[1] <= y && y < box[3]; };
    for (float x = 0; x < 8; ++x) {
      for (float y = 0; y < 8; ++y) {
        const bool in_a = covers(a, x, y), in_b = covers(b, x, y);
        of_a += in_a;
        of_b += in_b;
        common += in_a && in_b;
        enclosing += x >= std::min(a[0], b[0]) && x < std::max(a[2], b[2]) && y >= std::min(a[1], b[1]) && y < std::max(a[3], b[3]);
      }
    }
  }
};

TEST(BboxOverlaps, AreToTheLastBitThoseOfTwoBoxesAlone) {
  torch::manual_seed(1);
  const torch::Tensor corners = torch::rand({20, 2}) * 100, all = torch::cat({corners, corners + torch::rand({20, 2}) * 100}, 1);
  const torch::Tensor iou = bbox_overlaps(all, all), iof = bbox_overlaps(all, all, OverlapMode::Iof);
  const auto* rows = reinterpret_cast<const std::array<float, 4>*>(all.data_ptr<float>());
  for (std::int64_t i = 0; i < all.size(0); ++i) {
    for (std::int64_t j = 0; j < all.size(0); ++j) {
      EXPECT_EQ(iou[i][j].item<float>(), bbox_overlap(rows[i], rows[j]));
      EXPECT_EQ(iof[i][j].item<float>(), bbox_overlap(rows[i], rows[j], 0, /*over_first=*/true));
    }
  }
}

TEST(BboxOverlaps, CountTheCellsOfEveryPairOnALattice) {
  const torch::Tensor all = lattice(4);
  const torch::Tensor iou = bbox_overlaps(all, all), iof = bbox_overlaps(all, all, OverlapMode::Iof),
                      giou = bbox_overlaps(all, all, OverlapMode::Giou);
  for (std::int64_t i = 0; i < all.size(0); ++i) {
    for (std::int64_t j = 0; j < all.size(0); ++j) {
      const Cells cells(all[i].data_ptr<float>(), all[j].data_ptr<float>());
      const double united = cells.of_a + cells.of_b - cells.common;
      ASSERT_FLOAT_EQ(iou[i][j].item<float>(), static_cast<float>(cells.common / united));
      ASSERT_FLOAT_EQ(iof[i][j].item<float>(), static_cast<float>(cells.common / cells.of_a));
      ASSERT_NEAR(giou[i][j].item<double>(), cells.common / united - (cells.enclosing - united) / cells.enclosing, 1e-6);
    }
  }
  expect_close(aligned_bbox_overlaps(all, all.flip(0)), bbox_overlaps(all, all.flip(0)).diagonal(), 0);
}

TEST(BboxOverlaps, OfNothingAreNone) {
  const torch::Tensor none = torch::zeros({0, 4}), some = lattice(3);
  EXPECT_EQ(bbox_overlaps(none, some).sizes(), (std::vector<std::int64_t>{0, some.size(0)}));
  EXPECT_EQ(bbox_overlaps(some, none).sizes(), (std::vector<std::int64_t>{some.size(0), 0}));
  EXPECT_EQ(aligned_bbox_overlaps(none, none).sizes(), (std::vector<std::int64_t>{0}));
}

TEST(BboxOverlaps, OfBoxesWithoutAreaAreZero) {
  const torch::Tensor empty = boxes({{1, 1, 1, 5}, {0, 0, 0, 0}, {5, 5, 2, 2}});
  expect_close(bbox_overlaps(empty, boxes({{0, 0, 10, 10}})), torch::zeros({3, 1}), 0);
}

TEST(BboxOverlaps2D, HalfPrecisionIsThatOfHalfsAndGivesFloats) {
  const auto half = iou_calculators().build(Value::dict({{"type", "BboxOverlaps2D"}, {"scale", 512.0}, {"dtype", "fp16"}}));
  const auto exact = iou_calculators().build(Value::dict({{"type", "BboxOverlaps2D"}}));
  const torch::Tensor a = boxes({{0, 0, 1000, 1000}, {10.3F, 20.7F, 400, 300}}), b = boxes({{500, 0, 1500, 1000}});
  const torch::Tensor ours = half->overlaps(a, b);
  EXPECT_EQ(ours.scalar_type(), torch::kFloat);
  expect_close(ours, exact->overlaps(a, b), 2e-3);
  EXPECT_FALSE(ours.equal(exact->overlaps(a, b)));
  expect_close(exact->overlaps(torch::cat({a, torch::ones({2, 1})}, 1), b), exact->overlaps(a, b), 0);
}

}  // namespace
}  // namespace detforge
