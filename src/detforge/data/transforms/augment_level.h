#pragma once

#include <algorithm>
#include <opencv2/core.hpp>

#include "detforge/data/transforms/select_objects.h"

/// What the transforms that AutoAugment chooses from have in common. Zoph et al.: Learning Data Augmentation Strategies for Object
/// Detection, arXiv 1906.11172.
namespace detforge {

/// `level` of 0 to 10 as a part of `most`.
inline double level_to_value(double level, double most) { return level / 10 * most; }

/// Throws `ArgumentError` unless `level` is within 0 and 10.
void check_level(double level);

/// The opposite of `value` with this probability.
double random_negative(double value, double probability, Random& random);

/// One number for all channels or one each, within 0 and 255; throws `ArgumentError` otherwise.
using FillValue = std::variant<double, std::array<double, 3>>;
cv::Scalar color_of(const FillValue& value);

/// The image, and the semantic map with `ignore_label` coming in, through a 2x3 matrix, bilinear.
void warp_pictures(Sample& sample, const cv::Matx23d& matrix, const cv::Scalar& color, std::int64_t ignore_label, int interpolation);

/// Each box becomes the smallest one around its four corners, moved by `move(x, y)`, cut to (width, height).
template <class Move>
void warp_boxes(Sample& sample, float width, float height, Move move) {
  for_each_bbox_field(sample, [&](std::vector<BoxXyxy>& boxes) {
    for (BoxXyxy& box : boxes) {
      const auto [x1, y1, x2, y2] = box;
      BoxXyxy around{};
      const std::array<std::array<float, 2>, 4> corners = {{{x1, y1}, {x2, y1}, {x1, y2}, {x2, y2}}};
      for (std::size_t i = 0; i < 4; ++i) {
        const std::array<float, 2> to = move(corners[i][0], corners[i][1]);
        if (i == 0) around = {to[0], to[1], to[0], to[1]};
        around = {std::min(around[0], to[0]), std::min(around[1], to[1]), std::max(around[2], to[0]), std::max(around[3], to[1])};
      }
      box = clipped(around, width, height);
    }
  });
}

/// Leaves out boxes with a side of at most `least` px.
void drop_small_boxes(Sample& sample, double least);

}  // namespace detforge
