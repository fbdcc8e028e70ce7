#include "detforge/data/masks/polygon_masks.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "detforge/base/error.h"
#include "detforge/data/rescale_size.h"

namespace detforge {
namespace {

template <class Change>
Polygons moved(Polygons object, Change change) {
  for (std::vector<double>& polygon : object) {
    for (std::size_t i = 0; i + 1 < polygon.size(); i += 2) change(polygon[i], polygon[i + 1]);
  }
  return object;
}

/// `change(x, y)` for each point.
template <class Change>
PolygonMasks each_point(const PolygonMasks& masks, ImageSize size, Change change) {
  std::vector<Polygons> objects = masks.objects();
  for (Polygons& object : objects) object = moved(std::move(object), change);
  return {std::move(objects), size};
}

/// Each point through the matrix, then kept within the image.
PolygonMasks warp_points(const PolygonMasks& masks, ImageSize size, const cv::Matx23d& matrix) {
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  return each_point(masks, size, [=](double& x, double& y) {
    const double old_x = x;
    x = std::clamp(matrix(0, 0) * old_x + matrix(0, 1) * y + matrix(0, 2), 0.0, width);
    y = std::clamp(matrix(1, 0) * old_x + matrix(1, 1) * y + matrix(1, 2), 0.0, height);
  });
}

double area_of_polygon(const std::vector<double>& xy) {
  double twice = 0;
  const std::size_t points = xy.size() / 2;
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t before = i == 0 ? points - 1 : i - 1;
    twice += xy[2 * i] * xy[2 * before + 1] - xy[2 * i + 1] * xy[2 * before];
  }
  return 0.5 * std::abs(twice);
}

}  // namespace

Rle PolygonMasks::rle(std::size_t index) const { return rle_of(objects_[index], size_); }

void PolygonMasks::append(const PolygonMasks& others) {
  if (others.size_ != size_) throw Error("masks of different sizes can not be joined");
  objects_.insert(objects_.end(), others.objects_.begin(), others.objects_.end());
}

PolygonMasks PolygonMasks::select(std::span<const std::size_t> indices) const {
  std::vector<Polygons> objects;
  for (const std::size_t index : indices) objects.push_back(objects_.at(index));
  return {std::move(objects), size_};
}

PolygonMasks PolygonMasks::rescale(const std::array<double, 2>& scale) const { return resize(rescale_size(size_, scale)); }

PolygonMasks PolygonMasks::resize(ImageSize size) const {
  const double x_scale = static_cast<double>(size.width) / static_cast<double>(size_.width);
  const double y_scale = static_cast<double>(size.height) / static_cast<double>(size_.height);
  return each_point(*this, size, [=](double& x, double& y) { x *= x_scale, y *= y_scale; });
}

PolygonMasks PolygonMasks::flip(FlipDirection direction) const {
  const auto width = static_cast<double>(size_.width), height = static_cast<double>(size_.height);
  return each_point(*this, size_, [=](double& x, double& y) {
    if (direction != FlipDirection::Vertical) x = width - x;
    if (direction != FlipDirection::Horizontal) y = height - y;
  });
}

PolygonMasks PolygonMasks::pad(ImageSize size, std::uint8_t) const { return {objects_, size}; }

PolygonMasks PolygonMasks::crop(PixelBox box) const {
  const std::int64_t x1 = std::clamp<std::int64_t>(box.x1, 0, size_.width), x2 = std::clamp<std::int64_t>(box.x2, 0, size_.width);
  const std::int64_t y1 = std::clamp<std::int64_t>(box.y1, 0, size_.height), y2 = std::clamp<std::int64_t>(box.y2, 0, size_.height);
  const ImageSize size{std::max<std::int64_t>(y2 - y1, 1), std::max<std::int64_t>(x2 - x1, 1)};
  return each_point(*this, size, [=](double& x, double& y) { x -= static_cast<double>(x1), y -= static_cast<double>(y1); });
}

PolygonMasks PolygonMasks::crop_and_resize(std::span<const BoxXyxy> boxes, ImageSize size, std::span<const std::size_t> indices) const {
  if (boxes.size() != indices.size()) throw Error("each box needs the index of its mask", ErrorKind::Internal);
  if (objects_.empty()) return PolygonMasks(size);
  std::vector<Polygons> objects;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const auto [x1, y1, x2, y2] = boxes[i];
    const double x_scale = static_cast<double>(size.width) / static_cast<double>(std::max(x2 - x1, 1.0F));
    const double y_scale = static_cast<double>(size.height) / static_cast<double>(std::max(y2 - y1, 1.0F));
    const auto left = static_cast<double>(x1), top = static_cast<double>(y1);
    objects.push_back(moved(objects_.at(indices[i]), [=](double& x, double& y) { x = (x - left) * x_scale, y = (y - top) * y_scale; }));
  }
  return {std::move(objects), size};
}

PolygonMasks PolygonMasks::expand(ImageSize, std::int64_t, std::int64_t) const {
  throw Error("masks that are polygons can not be expanded").help("give LoadAnnotations poly2mask=True");
}

PolygonMasks PolygonMasks::translate(ImageSize size, double offset, Axis direction, std::uint8_t) const {
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  return each_point(*this, size, [=](double& x, double& y) {
    if (direction == Axis::Horizontal) {
      x = std::clamp(x + offset, 0.0, width);
    } else {
      y = std::clamp(y + offset, 0.0, height);
    }
  });
}

PolygonMasks PolygonMasks::shear(ImageSize size, double magnitude, Axis direction, std::uint8_t) const {
  const auto slope = static_cast<double>(static_cast<float>(magnitude));
  const bool horizontal = direction == Axis::Horizontal;
  return warp_points(*this, size, {1, horizontal ? slope : 0, 0, horizontal ? 0 : slope, 1, 0});
}

PolygonMasks PolygonMasks::rotate(ImageSize size, double angle, std::optional<std::array<double, 2>> center, double scale,
                                  std::uint8_t) const {
  const auto [x, y] = center.value_or(std::array<double, 2>{0, 0});
  return warp_points(*this, size, cv::getRotationMatrix2D_({static_cast<float>(x), static_cast<float>(y)}, -angle, scale));
}

std::vector<double> PolygonMasks::areas() const {
  std::vector<double> areas;
  for (const Polygons& object : objects_) {
    double area = 0;
    for (const std::vector<double>& polygon : object) area += area_of_polygon(polygon);
    areas.push_back(area);
  }
  return areas;
}

std::vector<BoxXyxy> PolygonMasks::boxes() const {
  std::vector<BoxXyxy> boxes;
  for (const Polygons& object : objects_) {
    // As in the reference, boxes begin at twice the image's size and end at 0.
    BoxXyxy box = {static_cast<float>(size_.width * 2), static_cast<float>(size_.height * 2), 0, 0};
    for (const std::vector<double>& polygon : object) {
      for (std::size_t i = 0; i + 1 < polygon.size(); i += 2) {
        const auto x = static_cast<float>(polygon[i]), y = static_cast<float>(polygon[i + 1]);
        box = {std::min(box[0], x), std::min(box[1], y), std::max(box[2], x), std::max(box[3], y)};
      }
    }
    boxes.push_back(box);
  }
  return boxes;
}

BitmapMasks PolygonMasks::to_bitmaps() const {
  std::vector<std::uint8_t> pixels;
  for (std::size_t i = 0; i < count(); ++i) {
    const std::vector<std::uint8_t> bitmap = bitmap_of(rle(i));
    pixels.insert(pixels.end(), bitmap.begin(), bitmap.end());
  }
  return {std::move(pixels), size_};
}

}  // namespace detforge
