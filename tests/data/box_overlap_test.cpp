#include "detforge/data/box_overlap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace detforge {
namespace {

using Box = std::array<float, 4>;

/// Unit squares of a grid, for boxes with corners on it.
int squares(const Box& box) { return static_cast<int>((box[2] - box[0]) * (box[3] - box[1])); }
bool covers(const Box& box, int x, int y) {
  return box[0] <= static_cast<float>(x) && static_cast<float>(x) < box[2] && box[1] <= static_cast<float>(y) &&
         static_cast<float>(y) < box[3];
}

std::vector<Box> lattice(int size) {
  std::vector<Box> boxes;
  for (int i = 0; i < size * size * size * size; ++i) {
    const int x1 = i % size, y1 = i / size % size, x2 = x1 + 1 + i / (size * size) % size, y2 = y1 + 1 + i / (size * size * size) % size;
    boxes.push_back({static_cast<float>(x1), static_cast<float>(y1), static_cast<float>(x2), static_cast<float>(y2)});
  }
  return boxes;
}

TEST(BoxOverlap, CountsTheSquaresOfEveryPairOnALattice) {
  constexpr int size = 4;
  for (const Box& a : lattice(size)) {
    for (const Box& b : lattice(size)) {
      int both = 0;
      for (int i = 0; i < 4 * size * size; ++i)
        both += covers(a, i % (2 * size), i / (2 * size)) && covers(b, i % (2 * size), i / (2 * size));
      ASSERT_EQ(shared_area(a, b), static_cast<float>(both));
      ASSERT_EQ(bbox_overlap(a, b), static_cast<float>(both) / static_cast<float>(squares(a) + squares(b) - both));
      ASSERT_EQ(bbox_overlap(a, b, 0, /*over_first=*/true), static_cast<float>(both) / static_cast<float>(squares(a)));
    }
  }
}

TEST(BoxOverlap, BothEndPixelsCountWhereTheyAreInclusive) {
  const Box a = {0, 0, 1, 1}, b = {1, 1, 2, 2};
  EXPECT_EQ(shared_area(a, b), 0);
  EXPECT_EQ(shared_area(a, b, 1.0F), 1);
  EXPECT_EQ(area_of(a, 1.0F), 4);
  EXPECT_FLOAT_EQ(bbox_overlap(a, b, 1), 1.0F / 7);
}

TEST(BoxOverlap, NothingHasNoIou) {
  const Box point = {3, 3, 3, 3};
  EXPECT_TRUE(std::isnan(iou_of(shared_area(point, point), area_of(point), area_of(point))));
  EXPECT_EQ(bbox_overlap(point, point), 0);
}

}  // namespace
}  // namespace detforge
