#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/augment_level.h"

namespace detforge {

/// Shears image, boxes, masks and the semantic map along one axis.
class Shear : public Transform {
 public:
  struct Options {
    double level = 0;
    FillValue img_fill_val = 128.0;
    std::int64_t seg_ignore_label = 255;
    double prob = 0.5;
    std::string direction = "horizontal";
    double max_shear_magnitude = 0.3;
    double random_negative_prob = 0.5;
    std::string interpolation = "bilinear";
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::level, "level", required, "0 to 10: part of max_shear_magnitude"),
            arg(&Options::img_fill_val, "img_fill_val", "colour that comes in"),
            arg(&Options::seg_ignore_label, "seg_ignore_label", "class that comes into the semantic map"),
            arg(&Options::prob, "prob", "how probable this is"),
            arg(&Options::direction, "direction", "axis along which it is sheared").one_of({"horizontal", "vertical"}),
            arg(&Options::max_shear_magnitude, "max_shear_magnitude", "px for each px of the other axis, at level 10"),
            arg(&Options::random_negative_prob, "random_negative_prob", "how probable it goes the other way"),
            arg(&Options::interpolation, "interpolation", "how pixels are mixed").one_of({"bilinear", "nearest"})};
  }

  Shear(const Options& options, const BuildContext&) : options_(options), color_(color_of(options.img_fill_val)) {
    check_level(options.level);
    if (!(options.max_shear_magnitude >= 0 && options.max_shear_magnitude <= 1)) {
      throw ArgumentError("max_shear_magnitude", "must be between 0 and 1");
    }
  }

  void apply(Sample& sample, Random& random) const override {
    if (random.random_sample() > options_.prob) return;
    const double magnitude =
        random_negative(level_to_value(options_.level, options_.max_shear_magnitude), options_.random_negative_prob, random);
    const auto slope = static_cast<float>(magnitude);
    const bool horizontal = options_.direction == "horizontal";
    const auto shear = static_cast<double>(slope);
    const int interpolation = options_.interpolation == "nearest" ? cv::INTER_NEAREST : cv::INTER_LINEAR;
    warp_pictures(sample, {1, horizontal ? shear : 0, 0, horizontal ? 0 : shear, 1, 0}, color_, options_.seg_ignore_label, interpolation);
    const ImageSize size = sample.meta.img_shape;
    warp_boxes(sample, static_cast<float>(size.width), static_cast<float>(size.height), [&](float x, float y) {
      return horizontal ? std::array{x + slope * y, y} : std::array{x, slope * x + y};
    });
    if (sample.gt_masks) sample.gt_masks = sample.gt_masks->shear(size, magnitude, horizontal ? Axis::Horizontal : Axis::Vertical);
    drop_small_boxes(sample, 0);
  }

 private:
  Options options_;
  cv::Scalar color_;
};

DETFORGE_REGISTER(transforms, Shear,
                  {.name = "Shear", .python = "mmdet.datasets.pipelines.auto_augment.Shear", .meaning = "shears an image along one axis"});

}  // namespace detforge
