#pragma once

#include <span>
#include <vector>

#include "detforge/data/detections.h"
#include "detforge/data/image_meta.h"
#include "detforge/kernels/nms.h"

/// Large photos in pieces: detected in one by one, then put together.
namespace detforge::kernels {

/// A piece of a photo, px.
struct Tile {
  std::int64_t x = 0;
  std::int64_t y = 0;
  ImageSize size;

  friend bool operator==(const Tile&, const Tile&) = default;
};

/// Tiles that cover the photo row by row, neighbours sharing at least `overlap` (0 to below 1) of a tile's side; the last of a row or
/// column is moved back into the photo, so all have one size, that of the photo where it is smaller than a tile.
std::vector<Tile> tile_grid(ImageSize photo, ImageSize tile, double overlap);

/// `found[i]` of tile i, in its own pixels, as detections of the photo: what lies in several tiles is found once, by NMS class by class.
/// Best score first. Masks become those of the whole photo.
Detections merge_tiles(ImageSize photo, std::span<const Tile> tiles, std::span<const Detections> found, const NmsOptions& nms);

}  // namespace detforge::kernels
