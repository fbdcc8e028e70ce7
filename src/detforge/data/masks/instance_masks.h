#pragma once

#include <variant>

#include "detforge/data/masks/polygon_masks.h"

namespace detforge {

/// The masks of an image's objects, as bitmaps or as polygons. See `BitmapMasks` for what the functions mean.
class InstanceMasks {
 public:
  InstanceMasks(BitmapMasks masks) : masks_(std::move(masks)) {}
  InstanceMasks(PolygonMasks masks) : masks_(std::move(masks)) {}

  const BitmapMasks* bitmaps() const { return std::get_if<BitmapMasks>(&masks_); }
  const PolygonMasks* polygons() const { return std::get_if<PolygonMasks>(&masks_); }

  std::size_t count() const {
    return std::visit([](const auto& masks) { return masks.count(); }, masks_);
  }
  ImageSize size() const {
    return std::visit([](const auto& masks) { return masks.size(); }, masks_);
  }
  Rle rle(std::size_t index) const {
    return std::visit([&](const auto& masks) { return masks.rle(index); }, masks_);
  }
  InstanceMasks select(std::span<const std::size_t> indices) const {
    return changed([&](const auto& masks) { return masks.select(indices); });
  }
  InstanceMasks rescale(const std::array<double, 2>& scale) const {
    return changed([&](const auto& masks) { return masks.rescale(scale); });
  }
  InstanceMasks resize(ImageSize size) const {
    return changed([&](const auto& masks) { return masks.resize(size); });
  }
  InstanceMasks flip(FlipDirection direction) const {
    return changed([&](const auto& masks) { return masks.flip(direction); });
  }
  InstanceMasks pad(ImageSize size, std::uint8_t value = 0) const {
    return changed([&](const auto& masks) { return masks.pad(size, value); });
  }
  InstanceMasks crop(PixelBox box) const {
    return changed([&](const auto& masks) { return masks.crop(box); });
  }
  InstanceMasks crop_and_resize(std::span<const BoxXyxy> boxes, ImageSize size, std::span<const std::size_t> indices) const {
    return changed([&](const auto& masks) { return masks.crop_and_resize(boxes, size, indices); });
  }
  InstanceMasks expand(ImageSize size, std::int64_t top, std::int64_t left) const {
    return changed([&](const auto& masks) { return masks.expand(size, top, left); });
  }
  InstanceMasks translate(ImageSize size, double offset, Axis direction, std::uint8_t value = 0) const {
    return changed([&](const auto& masks) { return masks.translate(size, offset, direction, value); });
  }
  InstanceMasks shear(ImageSize size, double magnitude, Axis direction, std::uint8_t value = 0) const {
    return changed([&](const auto& masks) { return masks.shear(size, magnitude, direction, value); });
  }
  InstanceMasks rotate(ImageSize size, double angle, std::optional<std::array<double, 2>> center = {}, double scale = 1,
                       std::uint8_t value = 0) const {
    return changed([&](const auto& masks) { return masks.rotate(size, angle, center, scale, value); });
  }
  std::vector<double> areas() const {
    return std::visit([](const auto& masks) { return masks.areas(); }, masks_);
  }
  std::vector<BoxXyxy> boxes() const {
    return std::visit([](const auto& masks) { return masks.boxes(); }, masks_);
  }
  /// MMDetection's `to_ndarray`: polygons are drawn.
  BitmapMasks to_bitmaps() const { return bitmaps() != nullptr ? *bitmaps() : polygons()->to_bitmaps(); }

 private:
  template <class Function>
  InstanceMasks changed(Function function) const {
    return std::visit([&](const auto& masks) { return InstanceMasks(function(masks)); }, masks_);
  }

  std::variant<BitmapMasks, PolygonMasks> masks_;
};

}  // namespace detforge
