#include "detforge/data/masks/bitmap_masks.h"

#include <algorithm>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "detforge/base/error.h"
#include "detforge/data/rescale_size.h"

namespace detforge {
namespace {

cv::Mat picture(const std::uint8_t* pixels, ImageSize size) {
  // OpenCV has no read-only pictures; nobody writes into this one.
  return {static_cast<int>(size.height), static_cast<int>(size.width), CV_8UC1, const_cast<std::uint8_t*>(pixels)};
}

/// `change(from, to)` for each mask, `to` a picture of size `size` in the new masks, all 0.
template <class Change>
BitmapMasks each(const BitmapMasks& masks, ImageSize size, Change change) {
  if (masks.count() == 0) return BitmapMasks(size);
  const auto area = static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width);
  std::vector<std::uint8_t> pixels(masks.count() * area);
  for (std::size_t i = 0; i < masks.count(); ++i) {
    cv::Mat to = picture(pixels.data() + i * area, size);
    change(picture(masks[i].data(), masks.size()), to);
  }
  return {std::move(pixels), size};
}

BitmapMasks warp(const BitmapMasks& masks, ImageSize size, const cv::Matx23d& matrix, std::uint8_t value) {
  return each(masks, size, [&](const cv::Mat& from, cv::Mat& to) {
    cv::warpAffine(from, to, matrix, to.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT, cv::Scalar::all(value));
  });
}

}  // namespace

BitmapMasks::BitmapMasks(std::vector<std::uint8_t> pixels, ImageSize size) : pixels_(std::move(pixels)), size_(size) {
  if (size.height < 0 || size.width < 0 || (area() == 0 ? !pixels_.empty() : pixels_.size() % area() != 0)) {
    throw Error("the pixels do not make whole masks", ErrorKind::Internal);
  }
}

Rle BitmapMasks::rle(std::size_t index) const {
  return rle_from_bitmap((*this)[index], static_cast<std::uint32_t>(size_.height), static_cast<std::uint32_t>(size_.width));
}

void BitmapMasks::append(const BitmapMasks& others) {
  if (others.size_ != size_) throw Error("masks of different sizes can not be joined");
  pixels_.insert(pixels_.end(), others.pixels_.begin(), others.pixels_.end());
}

BitmapMasks BitmapMasks::select(std::span<const std::size_t> indices) const {
  std::vector<std::uint8_t> pixels;
  pixels.reserve(indices.size() * area());
  for (const std::size_t index : indices) {
    const auto mask = (*this)[index];
    pixels.insert(pixels.end(), mask.begin(), mask.end());
  }
  return {std::move(pixels), size_};
}

BitmapMasks BitmapMasks::rescale(const std::array<double, 2>& scale) const { return resize(rescale_size(size_, scale)); }

BitmapMasks BitmapMasks::resize(ImageSize size) const {
  return each(*this, size, [](const cv::Mat& from, cv::Mat& to) { cv::resize(from, to, to.size(), 0, 0, cv::INTER_NEAREST); });
}

BitmapMasks BitmapMasks::resize_bilinear(ImageSize size) const {
  return each(*this, size, [](const cv::Mat& from, cv::Mat& to) { cv::resize(from, to, to.size(), 0, 0, cv::INTER_LINEAR); });
}

BitmapMasks BitmapMasks::flip(FlipDirection direction) const {
  const int code = direction == FlipDirection::Horizontal ? 1 : direction == FlipDirection::Vertical ? 0 : -1;
  return each(*this, size_, [&](const cv::Mat& from, cv::Mat& to) { cv::flip(from, to, code); });
}

BitmapMasks BitmapMasks::pad(ImageSize size, std::uint8_t value) const {
  const ImageSize larger{std::max(size.height, size_.height), std::max(size.width, size_.width)};
  return each(*this, larger, [&](const cv::Mat& from, cv::Mat& to) {
    to.setTo(value);
    from.copyTo(to(cv::Rect({0, 0}, from.size())));
  });
}

BitmapMasks BitmapMasks::crop(PixelBox box) const {
  if (area() == 0) throw Error("an empty mask can not be cropped");
  const std::int64_t x1 = std::clamp<std::int64_t>(box.x1, 0, size_.width - 1), x2 = std::clamp<std::int64_t>(box.x2, 0, size_.width);
  const std::int64_t y1 = std::clamp<std::int64_t>(box.y1, 0, size_.height - 1), y2 = std::clamp<std::int64_t>(box.y2, 0, size_.height);
  const cv::Rect region(static_cast<int>(x1), static_cast<int>(y1), static_cast<int>(std::max<std::int64_t>(x2 - x1, 1)),
                        static_cast<int>(std::max<std::int64_t>(y2 - y1, 1)));
  return each(*this, {region.height, region.width}, [&](const cv::Mat& from, cv::Mat& to) { from(region).copyTo(to); });
}

BitmapMasks BitmapMasks::crop_and_resize(std::span<const BoxXyxy> boxes, ImageSize size, std::span<const std::size_t> indices) const {
  const std::vector<float> soft = crop_and_resize_soft(boxes, size, indices);
  std::vector<std::uint8_t> pixels(soft.size());
  std::ranges::transform(soft, pixels.begin(), [](float value) { return static_cast<std::uint8_t>(value >= 0.5F); });
  return {std::move(pixels), size};
}

BitmapMasks BitmapMasks::expand(ImageSize size, std::int64_t top, std::int64_t left) const {
  if (top < 0 || left < 0 || top + size_.height > size.height || left + size_.width > size.width) {
    throw Error("masks do not fit onto the larger ground");
  }
  return each(*this, size, [&](const cv::Mat& from, cv::Mat& to) {
    from.copyTo(to(cv::Rect({static_cast<int>(left), static_cast<int>(top)}, from.size())));
  });
}

BitmapMasks BitmapMasks::translate(ImageSize size, double offset, Axis direction, std::uint8_t value) const {
  const auto shift = static_cast<double>(static_cast<float>(offset));
  const bool horizontal = direction == Axis::Horizontal;
  return warp(*this, size, {1, 0, horizontal ? shift : 0, 0, 1, horizontal ? 0 : shift}, value);
}

BitmapMasks BitmapMasks::shear(ImageSize size, double magnitude, Axis direction, std::uint8_t value) const {
  const auto slope = static_cast<double>(static_cast<float>(magnitude));
  const bool horizontal = direction == Axis::Horizontal;
  return warp(*this, size, {1, horizontal ? slope : 0, 0, horizontal ? 0 : slope, 1, 0}, value);
}

BitmapMasks BitmapMasks::rotate(ImageSize size, double angle, std::optional<std::array<double, 2>> center, double scale,
                                std::uint8_t value) const {
  const std::array<double, 2> middle = {static_cast<double>(size_.width - 1) * 0.5, static_cast<double>(size_.height - 1) * 0.5};
  const auto [x, y] = center.value_or(middle);
  return warp(*this, size, cv::Matx23d(cv::getRotationMatrix2D_({static_cast<float>(x), static_cast<float>(y)}, -angle, scale)), value);
}

std::vector<double> BitmapMasks::areas() const {
  std::vector<double> areas;
  for (std::size_t i = 0; i < count(); ++i) {
    const auto mask = (*this)[i];
    areas.push_back(static_cast<double>(std::accumulate(mask.begin(), mask.end(), std::uint64_t{0})));
  }
  return areas;
}

std::vector<BoxXyxy> BitmapMasks::boxes() const {
  std::vector<BoxXyxy> boxes;
  for (std::size_t i = 0; i < count(); ++i) {
    const cv::Rect box = cv::boundingRect(picture((*this)[i].data(), size_));
    boxes.push_back({static_cast<float>(box.x), static_cast<float>(box.y), static_cast<float>(box.x + box.width),
                     static_cast<float>(box.y + box.height)});
  }
  return boxes;
}

}  // namespace detforge
