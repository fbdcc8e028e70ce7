#include "detforge/data/masks/instance_masks.h"

#include <gtest/gtest.h>

#include <random>

#include "detforge/base/error.h"

namespace detforge {
namespace {

using Indices = std::vector<std::size_t>;

BitmapMasks random_masks(std::size_t count, ImageSize size) {
  std::mt19937 random(3);
  std::vector<std::uint8_t> pixels(count * static_cast<std::size_t>(size.height * size.width));
  for (std::uint8_t& pixel : pixels) pixel = random() % 3 == 0;
  return {std::move(pixels), size};
}

std::vector<std::uint8_t> pixels_of(const BitmapMasks& masks) { return {masks.pixels().begin(), masks.pixels().end()}; }

TEST(BitmapMasks, CropKeepsTheRegionAndAtLeastAPixel) {
  const BitmapMasks masks = random_masks(2, {7, 9});
  const BitmapMasks part = masks.crop({2, 1, 6, 30});
  ASSERT_EQ(part.size(), (ImageSize{6, 4}));
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t y = 0; y < 6; ++y) {
      for (std::size_t x = 0; x < 4; ++x) EXPECT_EQ(part[i][y * 4 + x], masks[i][(y + 1) * 9 + x + 2]);
    }
  }
  EXPECT_EQ(masks.crop({3, 3, 3, 3}).size(), (ImageSize{1, 1}));
  EXPECT_EQ(masks.crop({100, 100, 200, 200}).size(), (ImageSize{1, 1}));
}

TEST(BitmapMasks, FlippingTwiceChangesNothing) {
  const BitmapMasks masks = random_masks(3, {5, 8});
  for (const FlipDirection direction : {FlipDirection::Horizontal, FlipDirection::Vertical, FlipDirection::Diagonal}) {
    EXPECT_NE(pixels_of(masks.flip(direction)), pixels_of(masks));
    EXPECT_EQ(pixels_of(masks.flip(direction).flip(direction)), pixels_of(masks));
  }
}

TEST(BitmapMasks, PaddingAndCroppingChangesNothing) {
  const BitmapMasks masks = random_masks(2, {5, 8});
  EXPECT_EQ(pixels_of(masks.pad({11, 13}, 1).crop({0, 0, 8, 5})), pixels_of(masks));
  EXPECT_EQ(pixels_of(masks.pad({2, 2})), pixels_of(masks));
  EXPECT_EQ(pixels_of(masks.expand({11, 13}, 4, 3).crop({3, 4, 11, 9})), pixels_of(masks));
  EXPECT_THROW(masks.expand({11, 13}, 7, 3), Error);
}

TEST(BitmapMasks, CropAndResizeOfTheMasksOwnPixelsIsTheMask) {
  const BitmapMasks masks = random_masks(2, {5, 8});
  const std::vector<BoxXyxy> boxes = {{0, 0, 8, 5}, {2, 1, 6, 4}};
  const BitmapMasks whole = masks.crop_and_resize(std::span(boxes).first(1), {5, 8}, Indices{1});
  EXPECT_EQ(pixels_of(whole), pixels_of(masks.select(Indices{1})));
  const BitmapMasks part = masks.crop_and_resize(std::span(boxes).subspan(1), {3, 4}, Indices{0});
  EXPECT_EQ(pixels_of(part), pixels_of(masks.select(Indices{0}).crop({2, 1, 6, 4})));
}

TEST(BitmapMasks, CropAndResizeAveragesWhatABinCovers) {
  const BitmapMasks masks({1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, {4, 4});
  const std::vector<BoxXyxy> box = {{0, 0, 4, 4}};
  EXPECT_EQ(masks.crop_and_resize_soft(box, {2, 2}, Indices{0}), (std::vector<float>{1, 0, 0, 0.25}));
  const std::vector<BoxXyxy> outside = {{10, 10, 14, 14}, {1, 1, 1, 1}};
  EXPECT_EQ(masks.crop_and_resize_soft(outside, {1, 2}, Indices{0, 0}), (std::vector<float>(4)));
}

TEST(BitmapMasks, BoxesThatAreNoneAreRefused) {
  const BitmapMasks masks = random_masks(1, {4, 4});
  for (const BoxXyxy box : {BoxXyxy{2, 0, 1, 1}, {0, 0, 1e9F, 1}, {0, 0, std::nanf(""), 1}}) {
    EXPECT_THROW(masks.crop_and_resize(std::vector{box}, {2, 2}, Indices{0}), Error);
  }
}

TEST(BitmapMasks, NoneStayNoneAndTakeTheSize) {
  const std::vector<InstanceMasks> kinds = {BitmapMasks(ImageSize{4, 6}), PolygonMasks(ImageSize{4, 6})};
  for (const InstanceMasks& none : kinds) {
    EXPECT_EQ(none.flip(FlipDirection::Vertical).count(), 0U);
    EXPECT_EQ(none.rescale({12, 100}).size(), (ImageSize{12, 18}));
    EXPECT_EQ(none.pad({8, 9}).size(), (ImageSize{8, 9}));
    EXPECT_EQ(none.crop({0, 0, 2, 3}).size(), (ImageSize{3, 2}));
    EXPECT_EQ(none.crop_and_resize({}, {28, 28}, {}).size(), (ImageSize{28, 28}));
    EXPECT_EQ(none.rotate({4, 6}, 30).count(), 0U);
    EXPECT_TRUE(none.areas().empty());
    EXPECT_TRUE(none.boxes().empty());
    EXPECT_EQ(none.to_bitmaps().count(), 0U);
  }
}

TEST(BitmapMasks, SayWhereTheyAre) {
  const BitmapMasks masks({0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0}, {2, 3});
  EXPECT_EQ(masks.boxes(), (std::vector<BoxXyxy>{{1, 1, 3, 2}, {1, 0, 2, 1}}));
  EXPECT_EQ(masks.areas(), (std::vector<double>{2, 1}));
  EXPECT_EQ(BitmapMasks(std::vector<std::uint8_t>(6), {2, 3}).boxes()[0], (BoxXyxy{0, 0, 0, 0}));
}

TEST(PolygonMasks, MoveAsBitmapsDoWhereCornersLieBetweenPixels) {
  const PolygonMasks polygons({{{2, 1, 7, 1, 7, 5, 2, 5}}, {{0, 0, 2, 0, 2, 2, 0, 2}, {8, 4, 10, 4, 10, 6, 8, 6}}}, {6, 10});
  const BitmapMasks bitmaps = polygons.to_bitmaps();
  EXPECT_EQ(polygons.areas(), (std::vector<double>{20, 8}));
  EXPECT_EQ(bitmaps.areas(), polygons.areas());
  EXPECT_EQ(bitmaps.boxes(), polygons.boxes());
  EXPECT_EQ(pixels_of(polygons.flip(FlipDirection::Diagonal).to_bitmaps()), pixels_of(bitmaps.flip(FlipDirection::Diagonal)));
  EXPECT_EQ(pixels_of(polygons.crop({1, 1, 9, 6}).to_bitmaps()), pixels_of(bitmaps.crop({1, 1, 9, 6})));
  EXPECT_EQ(pixels_of(polygons.resize({12, 20}).to_bitmaps()), pixels_of(bitmaps.resize({12, 20})));
  EXPECT_EQ(pixels_of(polygons.translate({6, 10}, 1, Axis::Vertical).to_bitmaps()),
            pixels_of(bitmaps.translate({6, 10}, 1, Axis::Vertical)));
  EXPECT_THROW(polygons.expand({9, 12}, 1, 1), Error);
}

TEST(PolygonMasks, AnObjectWithoutPolygonsIsEmpty) {
  const PolygonMasks polygons({{}}, {3, 4});
  EXPECT_EQ(polygons.areas(), (std::vector<double>{0}));
  EXPECT_EQ(pixels_of(polygons.to_bitmaps()), std::vector<std::uint8_t>(12));
}

TEST(MaskAnnotation, BecomesRunsOfTheImagesSize) {
  EXPECT_EQ(area_of(rle_of(MaskAnnotation(Polygons{{0, 0, 2, 0, 2, 2, 0, 2}, {1, 1, 3, 1, 3, 3, 1, 3}}), {4, 4})), 7U);
  const Rle runs = rle_from_counts(2, 3, {1, 5});
  EXPECT_EQ(rle_of(MaskAnnotation(runs), {2, 3}), runs);
  EXPECT_THROW(rle_of(MaskAnnotation(runs), {3, 2}), Error);
  EXPECT_THROW(rle_of(MaskAnnotation(), {3, 2}), Error);
}

}  // namespace
}  // namespace detforge
