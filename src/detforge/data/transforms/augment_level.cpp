#include "detforge/data/transforms/augment_level.h"

#include <opencv2/imgproc.hpp>

namespace detforge {

void check_level(double level) {
  if (!(level >= 0 && level <= 10)) throw ArgumentError("level", "must be between 0 and 10");
}

double random_negative(double value, double probability, Random& random) { return random.random_sample() < probability ? -value : value; }

cv::Scalar color_of(const FillValue& value) {
  std::array<double, 3> color{};
  if (const auto* one = std::get_if<double>(&value)) color.fill(*one);
  if (const auto* each = std::get_if<std::array<double, 3>>(&value)) color = *each;
  for (const double channel : color) {
    if (!(channel >= 0 && channel <= 255)) throw ArgumentError("img_fill_val", "must be between 0 and 255");
  }
  return {color[0], color[1], color[2]};
}

void warp_pictures(Sample& sample, const cv::Matx23d& matrix, const cv::Scalar& color, std::int64_t ignore_label, int interpolation) {
  const auto warp = [&](cv::Mat& picture, const cv::Scalar& border) {
    cv::Mat warped;
    cv::warpAffine(picture, warped, matrix, picture.size(), interpolation, cv::BORDER_CONSTANT, border);
    picture = warped;
  };
  if (sample.image.empty()) throw Error("there is no image to be moved");
  warp(sample.image, color);
  sample.meta.img_shape = {sample.image.rows, sample.image.cols};
  if (!sample.gt_semantic_seg.empty()) warp(sample.gt_semantic_seg, cv::Scalar(static_cast<double>(ignore_label)));
}

void drop_small_boxes(Sample& sample, double least) {
  const auto side = static_cast<float>(least);
  filter_boxes(sample, [&](const BoxXyxy& box) { return box[2] - box[0] > side && box[3] - box[1] > side; });
}

}  // namespace detforge
