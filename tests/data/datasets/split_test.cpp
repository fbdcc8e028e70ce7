#include "detforge/data/datasets/split.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace detforge {
namespace {

std::vector<std::size_t> sizes_of(const std::vector<std::size_t>& part_of, std::size_t parts) {
  std::vector<std::size_t> sizes(parts);
  for (const std::size_t part : part_of) ++sizes[part];
  return sizes;
}

TEST(Split, SharesOutImages) {
  NumpyRandom random(1);
  EXPECT_EQ(sizes_of(split_images(10, std::vector<double>{0.7, 0.2, 0.1}, random), 3), (std::vector<std::size_t>{7, 2, 1}));
  EXPECT_EQ(sizes_of(split_images(10, std::vector<double>{7, 3}, random), 2), (std::vector<std::size_t>{7, 3}));
  EXPECT_EQ(sizes_of(split_images(3, std::vector<double>{1, 1}, random), 2).size(), 2U);
  EXPECT_TRUE(split_images(0, std::vector<double>{1, 1}, random).empty());
}

TEST(Split, DependsOnTheSeedAlone) {
  NumpyRandom one(5), same(5), other(6);
  const std::vector<double> shares = {1, 1};
  const auto part_of = split_images(100, shares, one);
  EXPECT_EQ(part_of, split_images(100, shares, same));
  EXPECT_NE(part_of, split_images(100, shares, other));
}

/// Ten images of a rare class among ninety of another: each part gets its share of both.
TEST(Split, SharesOutEveryClassWhenStratified) {
  std::vector<std::vector<std::int64_t>> classes(100);
  for (std::size_t i = 0; i < 100; ++i)
    classes[i] = i < 10 ? std::vector<std::int64_t>{7, 7, 1} : i < 95 ? std::vector<std::int64_t>{1} : std::vector<std::int64_t>{};
  for (const std::uint32_t seed : {1, 2, 3}) {
    NumpyRandom random(seed);
    const auto part_of = split_stratified(classes, std::vector<double>{0.8, 0.2}, random);
    EXPECT_EQ(std::count(part_of.begin(), part_of.begin() + 10, 0U), 8) << "of the rare class";
    EXPECT_EQ(std::count(part_of.begin(), part_of.begin() + 95, 0U), 76) << "of the other one";
    EXPECT_EQ(std::count(part_of.begin(), part_of.end(), 0U), 80) << "of all";
  }
}

}  // namespace
}  // namespace detforge
