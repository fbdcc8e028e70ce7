#pragma once

#include <algorithm>
#include <array>

/// The overlap of two boxes: what suppression, matching, cropping and evaluation all measure, each with its own rules for its ends. In the
/// order of the reference's sums, so that the numbers are its numbers; `bbox_overlaps` is the same of tensors, with a gradient.
namespace detforge {

/// A side from its ends. `inclusive` 1: both end pixels count; else 0.
template <class T>
[[gnu::always_inline]] constexpr T side_of(T first, T last, T inclusive = 0) {
  return last - first + inclusive;
}

/// The area of a box xyxy, negative where one of its sides is.
template <class T>
[[gnu::always_inline]] constexpr T area_of(const std::array<T, 4>& box, T inclusive = 0) {
  return side_of(box[0], box[2], inclusive) * side_of(box[1], box[3], inclusive);
}

/// The area that two boxes xyxy share; 0 where they touch at most.
template <class T>
[[gnu::always_inline]] constexpr T shared_area(const std::array<T, 4>& a, const std::array<T, 4>& b, T inclusive = 0) {
  const T width = std::max(T{0}, side_of(std::max(a[0], b[0]), std::min(a[2], b[2]), inclusive));
  const T height = std::max(T{0}, side_of(std::max(a[1], b[1]), std::min(a[3], b[3]), inclusive));
  return width * height;
}

/// Intersection over union, of areas; NaN where nothing has an area.
template <class T>
[[gnu::always_inline]] constexpr T iou_of(T shared, T area, T other_area) {
  return shared / (area + other_area - shared);
}

/// The union that MMDetection divides by at least.
inline constexpr float least_union = 1e-6F;

/// MMDetection's `bbox_overlaps` of two boxes xyxy: intersection over union, or over the first box alone.
[[gnu::always_inline]] inline float bbox_overlap(const std::array<float, 4>& a, const std::array<float, 4>& b, float inclusive = 0,
                                                 bool over_first = false) {
  const float shared = shared_area(a, b, inclusive), area = area_of(a, inclusive);
  const float either = over_first ? area : area + area_of(b, inclusive) - shared;
  return shared / std::max(either, least_union);
}

}  // namespace detforge
