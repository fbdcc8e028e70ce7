#include "detforge/postprocess/resized_mask.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace detforge::postprocess {
namespace {

/// Between the middles of the four nearest pixels, the edge's going on outwards; in double precision.
double sampled(const std::vector<float>& map, ImageSize from, ImageSize to, std::int64_t y, std::int64_t x) {
  const auto place = [](std::int64_t i, std::int64_t size, std::int64_t larger) {
    return std::max(0.0, (static_cast<double>(i) + 0.5) * static_cast<double>(size) / static_cast<double>(larger) - 0.5);
  };
  const double v = place(y, from.height, to.height), u = place(x, from.width, to.width);
  const auto at = [&](double row, double column) {
    const std::int64_t r = std::min(static_cast<std::int64_t>(row), from.height - 1);
    const std::int64_t c = std::min(static_cast<std::int64_t>(column), from.width - 1);
    return static_cast<double>(map[static_cast<std::size_t>(r * from.width + c)]);
  };
  const double down = v - std::floor(v), right = u - std::floor(u);
  return (1 - down) * ((1 - right) * at(v, u) + right * at(v, u + 1)) + down * ((1 - right) * at(v + 1, u) + right * at(v + 1, u + 1));
}

TEST(ResizedMask, LiesBetweenTheNearestPixels) {
  std::mt19937 random(1);
  for (const ImageSize from : {ImageSize{1, 1}, ImageSize{5, 7}, ImageSize{16, 3}}) {
    std::vector<float> map(static_cast<std::size_t>(from.height * from.width));
    for (float& value : map) value = static_cast<float>(random() % 1000) / 1000;
    for (const ImageSize to : {ImageSize{1, 1}, ImageSize{4, 4}, ImageSize{5, 7}, ImageSize{33, 29}}) {
      const std::vector<float> large = resized(map, from, to);
      std::vector<std::uint8_t> inside;
      for (std::int64_t i = 0; i < to.height * to.width; ++i) {
        ASSERT_NEAR(large.at(static_cast<std::size_t>(i)), sampled(map, from, to, i / to.width, i % to.width), 1e-5);
        inside.push_back(large[static_cast<std::size_t>(i)] > 0.5F);
      }
      EXPECT_EQ(bitmap_of(mask_above(map, from, to, 0.5F)), inside);
    }
  }
}

}  // namespace
}  // namespace detforge::postprocess
