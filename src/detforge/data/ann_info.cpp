#include "detforge/data/ann_info.h"

#include "detforge/base/error.h"

namespace detforge {

Rle rle_of(const Polygons& polygons, ImageSize size) {
  const auto height = static_cast<std::uint64_t>(size.height), width = static_cast<std::uint64_t>(size.width);
  if (polygons.empty()) return rle_from_counts(height, width, {static_cast<std::uint32_t>(height * width)});
  return rle_from_polygons(polygons, height, width);
}

Rle rle_of(const MaskAnnotation& mask, ImageSize size) {
  if (const auto* polygons = std::get_if<Polygons>(&mask)) return rle_of(*polygons, size);
  const auto* rle = std::get_if<Rle>(&mask);
  if (rle == nullptr) throw Error("an object has no mask");
  if (rle->height != size.height || rle->width != size.width) {
    throw Error("a mask of " + std::to_string(rle->width) + "x" + std::to_string(rle->height) + " does not fit an image of " +
                std::to_string(size.width) + "x" + std::to_string(size.height));
  }
  return *rle;
}

}  // namespace detforge
