#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/augment_level.h"

namespace detforge {

/// Turns image, boxes, masks and the semantic map around a point.
class Rotate : public Transform {
 public:
  struct Options {
    double level = 0;
    double scale = 1;
    std::optional<std::variant<double, std::array<double, 2>>> center;
    FillValue img_fill_val = 128.0;
    std::int64_t seg_ignore_label = 255;
    double prob = 0.5;
    double max_rotate_angle = 30;
    double random_negative_prob = 0.5;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::level, "level", required, "0 to 10: part of max_rotate_angle"),
            arg(&Options::scale, "scale", "factor of both sides"),
            arg(&Options::center, "center", "(x, y) px, or one number for both; None: the image's middle"),
            arg(&Options::img_fill_val, "img_fill_val", "colour that comes in"),
            arg(&Options::seg_ignore_label, "seg_ignore_label", "class that comes into the semantic map"),
            arg(&Options::prob, "prob", "how probable this is"),
            arg(&Options::max_rotate_angle, "max_rotate_angle", "degrees, clockwise, at level 10"),
            arg(&Options::random_negative_prob, "random_negative_prob", "how probable it goes the other way")};
  }

  Rotate(const Options& options, const BuildContext&) : options_(options), color_(color_of(options.img_fill_val)) {
    check_level(options.level);
  }

  void apply(Sample& sample, Random& random) const override {
    if (random.random_sample() > options_.prob) return;
    const std::array<double, 2> center = center_of(sample);
    const double angle = random_negative(level_to_value(options_.level, options_.max_rotate_angle), options_.random_negative_prob, random);
    const cv::Matx23d matrix =
        cv::getRotationMatrix2D_({static_cast<float>(center[0]), static_cast<float>(center[1])}, -angle, options_.scale);
    warp_pictures(sample, matrix, color_, options_.seg_ignore_label, cv::INTER_LINEAR);
    const ImageSize size = sample.meta.img_shape;
    warp_boxes(sample, static_cast<float>(size.width), static_cast<float>(size.height), [&](float x, float y) {
      const auto at = [&](int row) {
        return static_cast<float>(matrix(row, 0) * static_cast<double>(x) + matrix(row, 1) * static_cast<double>(y) + matrix(row, 2));
      };
      return std::array{at(0), at(1)};
    });
    if (sample.gt_masks) sample.gt_masks = sample.gt_masks->rotate(size, angle, center, options_.scale);
    drop_small_boxes(sample, 0);
  }

 private:
  std::array<double, 2> center_of(const Sample& sample) const {
    if (!options_.center) return {(sample.image.cols - 1) * 0.5, (sample.image.rows - 1) * 0.5};
    if (const auto* both = std::get_if<double>(&*options_.center)) return {*both, *both};
    return std::get<std::array<double, 2>>(*options_.center);
  }

  Options options_;
  cv::Scalar color_;
};

DETFORGE_REGISTER(transforms, Rotate,
                  {.name = "Rotate", .python = "mmdet.datasets.pipelines.auto_augment.Rotate", .meaning = "turns an image around a point"});

}  // namespace detforge
