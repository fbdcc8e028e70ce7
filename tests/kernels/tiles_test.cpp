#include "detforge/kernels/tiles.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "detforge/base/error.h"

namespace detforge::kernels {
namespace {

TEST(TileGrid, CoversEveryPhotoWithTilesOfOneSizeThatOverlapEnough) {
  for (const ImageSize photo : {ImageSize{1, 1}, {64, 64}, {65, 64}, {100, 257}, {33, 1000}}) {
    for (const double overlap : {0.0, 0.25, 0.9}) {
      const ImageSize tile{64, 50};
      const std::vector<Tile> tiles = tile_grid(photo, tile, overlap);
      std::vector<int> covered(static_cast<std::size_t>(photo.height * photo.width));
      for (const Tile& one : tiles) {
        EXPECT_EQ(one.size, (ImageSize{std::min(tile.height, photo.height), std::min(tile.width, photo.width)}));
        ASSERT_GE(one.x, 0);
        ASSERT_GE(one.y, 0);
        ASSERT_LE(one.x + one.size.width, photo.width);
        ASSERT_LE(one.y + one.size.height, photo.height);
        for (std::int64_t y = one.y; y < one.y + one.size.height; ++y) {
          for (std::int64_t x = one.x; x < one.x + one.size.width; ++x) ++covered[static_cast<std::size_t>(y * photo.width + x)];
        }
      }
      EXPECT_TRUE(std::ranges::none_of(covered, [](int times) { return times == 0; }));
      for (std::size_t i = 1; i < tiles.size(); ++i) {
        if (tiles[i].y != tiles[i - 1].y) continue;
        EXPECT_LE(static_cast<double>(tiles[i].x - tiles[i - 1].x), static_cast<double>(tile.width) * (1 - overlap));
      }
    }
  }
  EXPECT_EQ(tile_grid({50, 128}, {64, 64}, 0), (std::vector<Tile>{{0, 0, {50, 64}}, {64, 0, {50, 64}}}));
  EXPECT_THROW(tile_grid({50, 128}, {0, 64}, 0), Error);
  EXPECT_THROW(tile_grid({50, 128}, {64, 64}, 1), Error);
}

TEST(MergeTiles, FindsOnceWhatLiesInTwoTiles) {
  const std::vector<Tile> tiles = {{0, 0, {20, 20}}, {10, 5, {20, 20}}};
  const Detections first = {{{11, 6, 19, 18}, {0, 0, 3, 3}}, {0.8F, 0.4F}, {1, 0}};
  const Detections second = {{{1, 1, 9, 13}, {1, 1, 9, 13}}, {0.9F, 0.5F}, {1, 0}};
  const Detections merged = merge_tiles({25, 30}, tiles, std::vector{first, second}, {});
  EXPECT_EQ(merged.boxes_xyxy, (std::vector<BoxXyxy>{{11, 6, 19, 18}, {11, 6, 19, 18}, {0, 0, 3, 3}}));
  EXPECT_EQ(merged.scores, (std::vector<float>{0.9F, 0.5F, 0.4F}));
  EXPECT_EQ(merged.labels, (std::vector<std::int64_t>{1, 0, 0}));
  EXPECT_EQ(merge_tiles({25, 30}, tiles, std::vector<Detections>(2), {}).size(), 0U);
}

TEST(MergeTiles, PutsMasksWhereTheirTilesAre) {
  const ImageSize photo{9, 11};
  for (const Tile& tile : {Tile{0, 0, {9, 11}}, {2, 3, {6, 5}}, {6, 0, {9, 5}}, {4, 4, {5, 7}}}) {
    std::vector<std::uint8_t> bitmap(static_cast<std::size_t>(tile.size.height * tile.size.width)), wanted(99);
    for (std::size_t i = 0; i < bitmap.size(); ++i) {
      bitmap[i] = i % 3 != 0;
      const std::size_t y = i / static_cast<std::size_t>(tile.size.width) + static_cast<std::size_t>(tile.y);
      const std::size_t x = i % static_cast<std::size_t>(tile.size.width) + static_cast<std::size_t>(tile.x);
      wanted[y * 11 + x] = bitmap[i];
    }
    Detections found = {{{0, 0, 4, 4}}, {0.9F}, {0}};
    found.masks = {rle_from_bitmap(bitmap, static_cast<std::uint32_t>(tile.size.height), static_cast<std::uint32_t>(tile.size.width))};
    const Detections merged = merge_tiles(photo, std::vector{tile}, std::vector{found}, {});
    ASSERT_EQ(merged.masks.size(), 1U);
    EXPECT_EQ(merged.masks[0], rle_from_bitmap(wanted, 9, 11));
  }
}

}  // namespace
}  // namespace detforge::kernels
