#include "detforge/data/masks/rle.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>

#include "detforge/base/error.h"

/// Masks against the same done pixel by pixel; the polygons' exact pixels are held by the reference tests of COCO's segm evaluation.
namespace detforge {
namespace {

using Bitmap = std::vector<std::uint8_t>;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

/// Awkward sizes, and densities from empty to full.
template <class Check>
void for_random_bitmaps(Check check) {
  std::mt19937 random(7);
  for (const auto& [height, width] :
       std::vector<std::pair<std::uint32_t, std::uint32_t>>{{1, 1}, {1, 7}, {7, 1}, {5, 4}, {16, 17}, {31, 33}}) {
    for (const int percent : {0, 3, 30, 97, 100}) {
      Bitmap a(std::size_t{height} * width);
      Bitmap b(a.size());
      for (auto& pixel : a) pixel = static_cast<int>(random() % 100) < percent;
      for (auto& pixel : b) pixel = random() % 2;
      check(a, b, height, width);
    }
  }
}

TEST(Masks, BitmapsComeBack) {
  for_random_bitmaps([](const Bitmap& a, const Bitmap&, std::uint32_t height, std::uint32_t width) {
    const Rle mask = rle_from_bitmap(a, height, width);
    EXPECT_EQ(bitmap_of(mask), a);
    EXPECT_EQ(rle_from_text(height, width, rle_text(mask)), mask);
    EXPECT_EQ(rle_from_counts(height, width, mask.counts), mask);
  });
}

TEST(Masks, AreaBoxAndOverlapAreThoseOfThePixels) {
  for_random_bitmaps([](const Bitmap& a, const Bitmap& b, std::uint32_t height, std::uint32_t width) {
    std::size_t area = 0, area_b = 0, both = 0;
    std::size_t left = width, right = 0, top = height, bottom = 0;
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        area_b += b[y * width + x];
        if (a[y * width + x] == 0) continue;
        ++area;
        both += b[y * width + x];
        left = std::min(left, x), right = std::max(right, x), top = std::min(top, y), bottom = std::max(bottom, y);
      }
    }
    const Rle mask = rle_from_bitmap(a, height, width);
    const Rle other = rle_from_bitmap(b, height, width);
    EXPECT_EQ(area_of(mask), area);
    const BoxXywh box = area == 0 ? BoxXywh{} : BoxXywh{double(left), double(top), double(right - left + 1), double(bottom - top + 1)};
    // A run over several columns gives the box the whole height, as in pycocotools.
    EXPECT_EQ(box_of(mask)[0], box[0]);
    EXPECT_EQ(box_of(mask)[2], box[2]);
    EXPECT_EQ(box_of(mask)[1], box[1]);
    EXPECT_EQ(box_of(mask)[3], box[3]);
    const std::size_t either = area + area_b - both;
    EXPECT_EQ(overlap(mask, box_of(mask), other, box_of(other), false), both == 0 ? 0.0 : double(both) / double(either));
    EXPECT_EQ(overlap(mask, box_of(mask), other, box_of(other), true), both == 0 ? 0.0 : double(both) / double(area));
  });
}

TEST(Masks, MergingIsOrAndAnd) {
  for_random_bitmaps([](const Bitmap& a, const Bitmap& b, std::uint32_t height, std::uint32_t width) {
    Bitmap either(a.size()), both(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) either[i] = a[i] | b[i], both[i] = a[i] & b[i];
    const std::vector<Rle> masks = {rle_from_bitmap(a, height, width), rle_from_bitmap(b, height, width)};
    EXPECT_EQ(merge(masks), rle_from_bitmap(either, height, width));
    EXPECT_EQ(merge(masks, true), rle_from_bitmap(both, height, width));
  });
}

TEST(Masks, RunsOfNothingAreRead) {
  const Rle mask = rle_from_counts(4, 5, {3, 0, 2, 5, 0, 0, 10});
  EXPECT_EQ(area_of(mask), 5U);
  EXPECT_EQ(area_of(merge(std::vector{mask, mask})), 5U);
  EXPECT_EQ(overlap(mask, box_of(mask), mask, box_of(mask), false), 1.0);
}

TEST(Masks, ARectangleIsItsPixels) {
  Bitmap bitmap(10 * 12);
  for (std::size_t y = 3; y < 7; ++y) {
    for (std::size_t x = 2; x < 11; ++x) bitmap[y * 12 + x] = 1;
  }
  const std::vector<double> corners = {2, 3, 2, 7, 11, 7, 11, 3};
  EXPECT_EQ(rle_from_polygon(corners, 10, 12), rle_from_bitmap(bitmap, 10, 12));
}

TEST(Masks, PolygonsMayLeaveTheImage) {
  EXPECT_EQ(area_of(rle_from_polygon(std::vector<double>{-50, -50, -50, 50, 50, 50, 50, -50}, 9, 8)), 72U);
  EXPECT_EQ(area_of(rle_from_polygon(std::vector<double>{50, 50, 50, 60, 60, 60}, 9, 8)), 0U);
  EXPECT_EQ(area_of(rle_from_polygon(std::vector<double>{1, 1, 1, 1, 1, 1}, 9, 8)), 0U);
}

TEST(Masks, WhatIsNoMaskIsRefused) {
  EXPECT_EQ(error_of([] { rle_from_counts(2, 3, {1, 2}); }), "the counts of a mask sum to 3, not to the 6 pixels of 2 x 3");
  EXPECT_EQ(error_of([] { rle_from_counts(1U << 20U, 1U << 20U, {}); }), "a mask of 1048576 x 1048576 pixels is larger than any image");
  EXPECT_EQ(error_of([] { rle_from_text(2, 3, "Q"); }), "the counts of a mask end in the middle of a number");
  EXPECT_EQ(error_of([] { rle_from_text(2, 3, "\xff"); }), "the counts of a mask hold a character that is none of '0' to 'o'");
  EXPECT_EQ(error_of([] { rle_from_text(2, 3, "oooooooooooo"); }), "the counts of a mask hold a number of more than 35 bits");
  EXPECT_EQ(error_of([] { rle_from_text(2, 3, "N"); }), "the counts of a mask hold a run of impossible length");
  EXPECT_EQ(error_of([] { rle_from_polygon(std::vector<double>{1, 2, 3, 4}, 5, 5); }), "a polygon has fewer than three points");
  EXPECT_EQ(error_of([] {
              rle_from_polygon(std::vector<double>{1, 2, 3, 4, 1e300, 0}, 5, 5);
            }),
            "a polygon has a coordinate beyond ten million pixels");
  EXPECT_EQ(error_of([] {
              rle_from_polygon(std::vector<double>{1, 2, 3, 4, std::numeric_limits<double>::quiet_NaN(), 0}, 5, 5);
            }),
            "a polygon has a coordinate beyond ten million pixels");
  EXPECT_EQ(error_of([] {
              merge(std::vector{rle_from_counts(1, 2, {2}), rle_from_counts(2, 1, {2})});
            }),
            "masks of different sizes can not be merged");
}

TEST(Masks, DifferentSizesDoNotOverlap) {
  const Rle a = rle_from_counts(2, 2, {0, 4});
  const Rle b = rle_from_counts(3, 3, {0, 9});
  EXPECT_EQ(overlap(a, box_of(a), b, box_of(b), false), -1);
}

}  // namespace
}  // namespace detforge
