#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "detforge/data/ann_info.h"
#include "detforge/data/image_meta.h"

namespace detforge {

enum class FlipDirection { Horizontal, Vertical, Diagonal };
enum class Axis { Horizontal, Vertical };

/// A region in whole pixels, right and lower edge excluded.
struct PixelBox {
  std::int64_t x1 = 0, y1 = 0, x2 = 0, y2 = 0;
};

/// The masks of an image's objects, a byte a pixel: MMDetection's structure of this name, as a value. Every change gives new masks.
class BitmapMasks {
 public:
  /// No mask, of this size.
  explicit BitmapMasks(ImageSize size) : size_(size) {}
  /// `pixels` [n, height, width], 0 or 1. Throws `Error` when they do not make whole masks.
  BitmapMasks(std::vector<std::uint8_t> pixels, ImageSize size);

  std::size_t count() const { return pixels_.empty() ? 0 : pixels_.size() / area(); }
  ImageSize size() const { return size_; }
  /// [n, height, width]
  std::span<const std::uint8_t> pixels() const { return pixels_; }
  /// Mask `index` [height, width].
  std::span<const std::uint8_t> operator[](std::size_t index) const { return std::span(pixels_).subspan(index * area(), area()); }
  Rle rle(std::size_t index) const;
  void append(const BitmapMasks& others);

  /// The masks at these indices, in this order.
  BitmapMasks select(std::span<const std::size_t> indices) const;
  /// As large as fits (long edge, short edge), as `Resize` with keep_ratio makes the image; nearest pixels.
  BitmapMasks rescale(const std::array<double, 2>& scale) const;
  BitmapMasks resize(ImageSize size) const;
  /// The same with pixels that are mixed and rounded, as mmcv's `imresize` makes them of images.
  BitmapMasks resize_bilinear(ImageSize size) const;
  BitmapMasks flip(FlipDirection direction) const;
  /// To the right and below; a smaller size changes nothing.
  BitmapMasks pad(ImageSize size, std::uint8_t value = 0) const;
  /// What lies in `box`, clipped to the masks, at least one pixel a side.
  BitmapMasks crop(PixelBox box) const;
  /// Mask `indices[i]` at `boxes[i]`, resized to `size`: RoIAlign (aligned, as many samples as fit) over the mask's pixels, then at least
  /// 0.5. What mask heads learn.
  BitmapMasks crop_and_resize(std::span<const BoxXyxy> boxes, ImageSize size, std::span<const std::size_t> indices) const;
  /// The same before the threshold: [boxes, height, width] between 0 and 1.
  std::vector<float> crop_and_resize_soft(std::span<const BoxXyxy> boxes, ImageSize size, std::span<const std::size_t> indices) const;
  /// On a larger ground of zeros, with the upper left corner at (top, left).
  BitmapMasks expand(ImageSize size, std::int64_t top, std::int64_t left) const;
  /// By `offset` px, bilinear; `value` comes in from the side.
  BitmapMasks translate(ImageSize size, double offset, Axis direction, std::uint8_t value = 0) const;
  BitmapMasks shear(ImageSize size, double magnitude, Axis direction, std::uint8_t value = 0) const;
  /// By `angle` degrees clockwise around `center` (x, y; else the middle), times `scale`.
  BitmapMasks rotate(ImageSize size, double angle, std::optional<std::array<double, 2>> center = {}, double scale = 1,
                     std::uint8_t value = 0) const;

  /// Pixels inside of each.
  std::vector<double> areas() const;
  /// The tightest boxes, right and lower edge excluded; all 0 for an empty mask.
  std::vector<BoxXyxy> boxes() const;

 private:
  std::size_t area() const { return static_cast<std::size_t>(size_.height) * static_cast<std::size_t>(size_.width); }

  std::vector<std::uint8_t> pixels_;
  ImageSize size_;
};

}  // namespace detforge
