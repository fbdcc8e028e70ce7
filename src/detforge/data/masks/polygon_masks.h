#pragma once

#include "detforge/data/masks/bitmap_masks.h"

namespace detforge {

/// The masks of an image's objects as polygons: MMDetection's structure of this name, as a value. Every change gives new masks; see
/// `BitmapMasks` for what the functions mean.
class PolygonMasks {
 public:
  explicit PolygonMasks(ImageSize size) : size_(size) {}
  PolygonMasks(std::vector<Polygons> objects, ImageSize size) : objects_(std::move(objects)), size_(size) {}

  std::size_t count() const { return objects_.size(); }
  ImageSize size() const { return size_; }
  const std::vector<Polygons>& objects() const { return objects_; }
  /// The inside as pycocotools draws it, parts joined. Throws `Error` for a polygon that can not be drawn.
  Rle rle(std::size_t index) const;
  void append(const PolygonMasks& others);

  PolygonMasks select(std::span<const std::size_t> indices) const;
  PolygonMasks rescale(const std::array<double, 2>& scale) const;
  PolygonMasks resize(ImageSize size) const;
  PolygonMasks flip(FlipDirection direction) const;
  /// Only the size changes.
  PolygonMasks pad(ImageSize size, std::uint8_t value = 0) const;
  /// Shifts; what lies outside of `box` stays and is cut off when drawn.
  PolygonMasks crop(PixelBox box) const;
  /// Shifts and scales.
  PolygonMasks crop_and_resize(std::span<const BoxXyxy> boxes, ImageSize size, std::span<const std::size_t> indices) const;
  /// MMDetection has none of polygons: throws `Error`.
  PolygonMasks expand(ImageSize size, std::int64_t top, std::int64_t left) const;
  /// These three move points that leave the image to its border, which bends the outline. Without a center polygons turn around the
  /// image's upper left corner, as the reference's do.
  PolygonMasks translate(ImageSize size, double offset, Axis direction, std::uint8_t value = 0) const;
  PolygonMasks shear(ImageSize size, double magnitude, Axis direction, std::uint8_t value = 0) const;
  PolygonMasks rotate(ImageSize size, double angle, std::optional<std::array<double, 2>> center = {}, double scale = 1,
                      std::uint8_t value = 0) const;

  /// By the shoelace formula, the parts of an object added.
  std::vector<double> areas() const;
  std::vector<BoxXyxy> boxes() const;
  BitmapMasks to_bitmaps() const;

 private:
  std::vector<Polygons> objects_;
  ImageSize size_;
};

}  // namespace detforge
