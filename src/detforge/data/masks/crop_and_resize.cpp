#include <algorithm>
#include <cmath>

#include "detforge/base/error.h"
#include "detforge/data/masks/bitmap_masks.h"

namespace detforge {
namespace {

/// One coordinate of a sampled point: the pixels at both sides and what each weighs.
struct BitmapSample {
  std::size_t low = 0;
  std::size_t high = 0;
  float low_weight = 0;  ///< both 0 where the point lies outside of the mask
  float high_weight = 0;
};

/// The points of one axis: `bins` bins of a box, each with as many points as it has pixels. Single precision, in RoIAlign's order.
std::vector<BitmapSample> samples_along(float begin, float end, std::int64_t bins, std::int64_t pixels) {
  const float start = begin - 0.5F;
  const float length = end - 0.5F - start;
  const float bin = length / static_cast<float>(bins);
  const auto points = static_cast<int>(std::ceil(length / static_cast<float>(bins)));
  std::vector<BitmapSample> samples;
  for (std::int64_t b = 0; b < bins; ++b) {
    for (int i = 0; i < points; ++i) {
      float at = start + static_cast<float>(b) * bin + (static_cast<float>(i) + 0.5F) * bin / static_cast<float>(points);
      BitmapSample& sample = samples.emplace_back();
      if (at < -1 || at > static_cast<float>(pixels)) continue;
      at = std::max(at, 0.0F);
      sample.low = std::min(static_cast<std::size_t>(at), static_cast<std::size_t>(pixels - 1));
      sample.high = std::min(sample.low + 1, static_cast<std::size_t>(pixels - 1));
      sample.high_weight = sample.low == sample.high ? 0.0F : at - static_cast<float>(sample.low);
      sample.low_weight = 1 - sample.high_weight;
    }
  }
  return samples;
}

}  // namespace

std::vector<float> BitmapMasks::crop_and_resize_soft(std::span<const BoxXyxy> boxes, ImageSize size,
                                                     std::span<const std::size_t> indices) const {
  if (boxes.size() != indices.size()) throw Error("each box needs the index of its mask", ErrorKind::Internal);
  std::vector<float> out;
  if (count() == 0 || area() == 0) return out;
  out.reserve(boxes.size() * static_cast<std::size_t>(size.height * size.width));
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const auto [x1, y1, x2, y2] = boxes[i];
    if (indices[i] >= count()) throw Error("there is no mask with the index " + std::to_string(indices[i]), ErrorKind::Internal);
    constexpr float kFarthest = 1e6F;  // bounds the number of points, and is false for NaN
    if (!(x2 >= x1 && y2 >= y1 && std::abs(x1) <= kFarthest && std::abs(y1) <= kFarthest && x2 <= kFarthest && y2 <= kFarthest)) {
      throw Error("a mask can not be cropped to a box with a negative side, or beyond a million pixels");
    }
    const auto mask = (*this)[indices[i]];
    const auto stride = static_cast<std::size_t>(size_.width);
    const std::vector<BitmapSample> rows = samples_along(y1, y2, size.height, size_.height);
    const std::vector<BitmapSample> columns = samples_along(x1, x2, size.width, size_.width);
    const std::size_t row_points = rows.size() / static_cast<std::size_t>(size.height);
    const std::size_t column_points = columns.size() / static_cast<std::size_t>(size.width);
    const auto points = static_cast<float>(std::max<std::size_t>(row_points * column_points, 1));
    for (std::size_t bin_y = 0; bin_y < static_cast<std::size_t>(size.height); ++bin_y) {
      for (std::size_t bin_x = 0; bin_x < static_cast<std::size_t>(size.width); ++bin_x) {
        float sum = 0;
        for (std::size_t iy = 0; iy < row_points; ++iy) {
          const BitmapSample& y = rows[bin_y * row_points + iy];
          for (std::size_t ix = 0; ix < column_points; ++ix) {
            const BitmapSample& x = columns[bin_x * column_points + ix];
            const auto pixel = [&](std::size_t row, std::size_t column) { return static_cast<float>(mask[row * stride + column]); };
            sum += y.low_weight * x.low_weight * pixel(y.low, x.low) + y.low_weight * x.high_weight * pixel(y.low, x.high) +
                   y.high_weight * x.low_weight * pixel(y.high, x.low) + y.high_weight * x.high_weight * pixel(y.high, x.high);
          }
        }
        out.push_back(sum / points);
      }
    }
  }
  return out;
}

}  // namespace detforge
