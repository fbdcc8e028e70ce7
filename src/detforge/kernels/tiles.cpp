#include "detforge/kernels/tiles.h"

#include <algorithm>
#include <cmath>

#include "detforge/base/error.h"

namespace detforge::kernels {
namespace {

/// Where tiles begin along one side.
std::vector<std::int64_t> starts(std::int64_t side, std::int64_t tile, double overlap) {
  if (tile >= side) return {0};
  const auto step = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::floor(static_cast<double>(tile) * (1 - overlap))));
  std::vector<std::int64_t> begins;
  for (std::int64_t begin = 0; begin + tile < side; begin += step) begins.push_back(begin);
  begins.push_back(side - tile);
  return begins;
}

/// The mask of a tile in a photo.
Rle placed(const Rle& mask, const Tile& tile, ImageSize photo) {
  const auto height = static_cast<std::uint32_t>(photo.height), width = static_cast<std::uint32_t>(photo.width);
  std::vector<std::uint32_t> counts = {0};
  std::uint32_t end = 0;  // of what `counts` covers
  const auto add = [&](std::uint32_t begin, std::uint32_t length) {
    if (begin == end && counts.size() % 2 == 0) {
      counts.back() += length;  // goes on from the last column's end
    } else {
      if (counts.size() % 2 == 0) counts.push_back(0);
      counts.back() += begin - end;
      counts.push_back(length);
    }
    end = begin + length;
  };
  std::uint32_t pixel = 0;
  for (std::size_t run = 0; run < mask.counts.size(); ++run) {
    std::uint32_t left = mask.counts[run];
    while (run % 2 == 1 && left > 0) {
      const std::uint32_t column = pixel / mask.height, row = pixel % mask.height;
      const std::uint32_t length = std::min(left, mask.height - row);
      add((column + static_cast<std::uint32_t>(tile.x)) * height + row + static_cast<std::uint32_t>(tile.y), length);
      pixel += length;
      left -= length;
    }
    pixel += left;
  }
  if (end < height * width) {
    if (counts.size() % 2 == 0) counts.push_back(0);
    counts.back() += height * width - end;
  }
  return rle_from_counts(height, width, std::move(counts));
}

}  // namespace

std::vector<Tile> tile_grid(ImageSize photo, ImageSize tile, double overlap) {
  if (tile.height < 1 || tile.width < 1 || !(overlap >= 0 && overlap < 1)) {
    throw Error("tiles need a size, and an overlap of at least 0 and below 1");
  }
  const ImageSize size{std::min(tile.height, photo.height), std::min(tile.width, photo.width)};
  std::vector<Tile> tiles;
  for (const std::int64_t y : starts(photo.height, tile.height, overlap)) {
    for (const std::int64_t x : starts(photo.width, tile.width, overlap)) tiles.push_back({x, y, size});
  }
  return tiles;
}

Detections merge_tiles(ImageSize photo, std::span<const Tile> tiles, std::span<const Detections> found, const NmsOptions& nms) {
  if (tiles.size() != found.size()) throw Error("each tile needs its detections", ErrorKind::Internal);
  Detections all;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const auto x = static_cast<float>(tiles[i].x), y = static_cast<float>(tiles[i].y);
    for (const auto& [x1, y1, x2, y2] : found[i].boxes_xyxy) all.boxes_xyxy.push_back({x1 + x, y1 + y, x2 + x, y2 + y});
    all.scores.insert(all.scores.end(), found[i].scores.begin(), found[i].scores.end());
    all.labels.insert(all.labels.end(), found[i].labels.begin(), found[i].labels.end());
    all.mask_scores.insert(all.mask_scores.end(), found[i].mask_scores.begin(), found[i].mask_scores.end());
    for (const Rle& mask : found[i].masks) all.masks.push_back(placed(mask, tiles[i], photo));
  }
  Detections merged;
  for (const std::int64_t kept : batched_nms(all.boxes_xyxy, all.scores, all.labels, nms).indices) {
    const auto i = static_cast<std::size_t>(kept);
    merged.boxes_xyxy.push_back(all.boxes_xyxy[i]);
    merged.scores.push_back(all.scores[i]);
    merged.labels.push_back(all.labels[i]);
    if (!all.masks.empty()) merged.masks.push_back(std::move(all.masks[i]));
    if (!all.mask_scores.empty()) merged.mask_scores.push_back(all.mask_scores[i]);
  }
  return merged;
}

}  // namespace detforge::kernels
