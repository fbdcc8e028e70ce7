#include <cmath>
#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/augment_level.h"

namespace detforge {

/// Moves image, boxes, masks and the semantic map along one axis.
class Translate : public Transform {
 public:
  struct Options {
    double level = 0;
    double prob = 0.5;
    FillValue img_fill_val = 128.0;
    std::int64_t seg_ignore_label = 255;
    std::string direction = "horizontal";
    double max_translate_offset = 250;
    double random_negative_prob = 0.5;
    double min_size = 0;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::level, "level", required, "0 to 10: part of max_translate_offset"),
            arg(&Options::prob, "prob", "how probable this is"),
            arg(&Options::img_fill_val, "img_fill_val", "colour that comes in"),
            arg(&Options::seg_ignore_label, "seg_ignore_label", "class that comes into the semantic map"),
            arg(&Options::direction, "direction", "axis along which it is moved").one_of({"horizontal", "vertical"}),
            arg(&Options::max_translate_offset, "max_translate_offset", "px at level 10"),
            arg(&Options::random_negative_prob, "random_negative_prob", "how probable it goes the other way"),
            arg(&Options::min_size, "min_size", "sides of a box, px, below which it is left out")};
  }

  Translate(const Options& options, const BuildContext&) : options_(options), color_(color_of(options.img_fill_val)) {
    check_level(options.level);
    offset_ = std::trunc(level_to_value(options.level, options.max_translate_offset));
  }

  void apply(Sample& sample, Random& random) const override {
    if (random.random_sample() > options_.prob) return;
    const double offset = random_negative(offset_, options_.random_negative_prob, random);
    const bool horizontal = options_.direction == "horizontal";
    warp_pictures(sample, {1, 0, horizontal ? offset : 0, 0, 1, horizontal ? 0 : offset}, color_, options_.seg_ignore_label,
                  cv::INTER_LINEAR);
    const ImageSize size = sample.meta.img_shape;
    const std::size_t axis = horizontal ? 0 : 1;
    const auto side = static_cast<float>(horizontal ? size.width : size.height);
    const auto shift = static_cast<float>(offset);
    // Only this axis is cut to the image, and each end on one side only, so that a box that left it has a negative side.
    for_each_bbox_field(sample, [&](std::vector<BoxXyxy>& boxes) {
      for (BoxXyxy& box : boxes) {
        box[axis] = std::max(0.0F, box[axis] + shift);
        box[axis + 2] = std::min(side, box[axis + 2] + shift);
      }
    });
    if (sample.gt_masks) sample.gt_masks = sample.gt_masks->translate(size, offset, horizontal ? Axis::Horizontal : Axis::Vertical);
    drop_small_boxes(sample, options_.min_size);
  }

 private:
  Options options_;
  cv::Scalar color_;
  double offset_ = 0;
};

DETFORGE_REGISTER(transforms, Translate,
                  {.name = "Translate",
                   .python = "mmdet.datasets.pipelines.auto_augment.Translate",
                   .meaning = "moves an image along one axis"});

}  // namespace detforge
