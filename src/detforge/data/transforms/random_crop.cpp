#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "detforge/data/transforms/select_objects.h"

namespace detforge {

/// Cuts a region out of the image at random. Objects outside of it are left out; where none is left the sample is dropped, unless negative
/// crops are allowed.
class RandomCrop : public Transform {
 public:
  struct Options {
    std::array<double, 2> crop_size = {1, 1};
    std::string crop_type = "absolute";
    bool allow_negative_crop = false;
    bool recompute_bbox = false;
    bool bbox_clip_border = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::crop_size, "crop_size", required, "(height, width) px, (least, most) px a side, or parts of the image's sides"),
            arg(&Options::crop_type, "crop_type", "what crop_size is").one_of({"relative_range", "relative", "absolute", "absolute_range"}),
            arg(&Options::allow_negative_crop, "allow_negative_crop", "keep crops without objects"),
            arg(&Options::recompute_bbox, "recompute_bbox", "take boxes from the cropped masks").since_v2_27(),
            arg(&Options::bbox_clip_border, "bbox_clip_border", "clip boxes to the image")};
  }

  RandomCrop(const Options& options, const BuildContext&) : options_(options) {
    const auto [first, second] = options.crop_size;
    if (options.crop_type.starts_with("absolute")) {
      if (!(first >= 1 && second >= 1 && std::trunc(first) == first && std::trunc(second) == second && std::max(first, second) <= 1e6)) {
        throw ArgumentError("crop_size", "must be whole pixels");
      }
      if (options.crop_type == "absolute_range" && first > second) throw ArgumentError("crop_size", "must be (least, most)");
    } else if (!(first > 0 && first <= 1 && second > 0 && second <= 1)) {
      throw ArgumentError("crop_size", "must be above 0 and at most 1");
    }
  }

  void apply(Sample& sample, Random& random) const override;

 private:
  ImageSize draw(const cv::Mat& image, Random& random) const;
  bool crop_objects(Sample& sample, const PixelBox& region) const;

  Options options_;
};

ImageSize RandomCrop::draw(const cv::Mat& image, Random& random) const {
  const auto [first, second] = options_.crop_size;
  const auto fit = [](double wanted, int side) { return std::min(static_cast<std::int64_t>(wanted), std::int64_t{side}); };
  const auto part = [](double ratio, int side) { return static_cast<std::int64_t>(side * ratio + 0.5); };
  if (options_.crop_type == "absolute") return {fit(first, image.rows), fit(second, image.cols)};
  if (options_.crop_type == "relative") return {part(first, image.rows), part(second, image.cols)};
  if (options_.crop_type == "absolute_range") {
    const std::int64_t height = random.randint(fit(first, image.rows), fit(second, image.rows) + 1);
    return {height, random.randint(fit(first, image.cols), fit(second, image.cols) + 1)};
  }
  // The least ratio is a float32 in the reference, what is added to it a float64.
  const auto ratio = [&](double least) {
    const auto rounded = static_cast<float>(least);
    return static_cast<double>(rounded) + random.random_sample() * static_cast<double>(1 - rounded);
  };
  const double height = ratio(first), width = ratio(second);
  return {part(height, image.rows), part(width, image.cols)};
}

bool RandomCrop::crop_objects(Sample& sample, const PixelBox& region) const {
  const auto width = static_cast<float>(sample.image.cols), height = static_cast<float>(sample.image.rows);
  for_each_bbox_field(sample, [&](std::vector<BoxXyxy>& boxes) {
    for (BoxXyxy& box : boxes) {
      box = shifted(box, -static_cast<float>(region.x1), -static_cast<float>(region.y1));
      if (options_.bbox_clip_border) box = clipped(box, width, height);
    }
  });
  filter_boxes(sample, [](const BoxXyxy& box) { return box[2] > box[0] && box[3] > box[1]; });
  if (sample.gt_bboxes && sample.gt_bboxes->empty() && !options_.allow_negative_crop) return false;
  if (sample.gt_masks) {
    sample.gt_masks = sample.gt_masks->crop(region);
    if (options_.recompute_bbox) sample.gt_bboxes = sample.gt_masks->boxes();
  }
  return true;
}

void RandomCrop::apply(Sample& sample, Random& random) const {
  if (sample.image.empty()) throw Error("RandomCrop needs an image");
  const ImageSize size = draw(sample.image, random);
  const std::int64_t top = random.randint(0, std::max<std::int64_t>(sample.image.rows - size.height, 0) + 1);
  const std::int64_t left = random.randint(0, std::max<std::int64_t>(sample.image.cols - size.width, 0) + 1);
  const PixelBox region{left, top, left + size.width, top + size.height};
  const cv::Rect inside = cv::Rect(cv::Point(static_cast<int>(region.x1), static_cast<int>(region.y1)),
                                   cv::Point(static_cast<int>(region.x2), static_cast<int>(region.y2))) &
                          cv::Rect({0, 0}, sample.image.size());
  sample.image = sample.image(inside).clone();
  sample.meta.img_shape = {sample.image.rows, sample.image.cols};
  if (!crop_objects(sample, region)) {
    sample.is_dropped = true;
    return;
  }
  if (!sample.gt_semantic_seg.empty()) sample.gt_semantic_seg = sample.gt_semantic_seg(inside).clone();
}

DETFORGE_REGISTER(transforms, RandomCrop,
                  {.name = "RandomCrop",
                   .python = "mmdet.datasets.pipelines.transforms.RandomCrop",
                   .meaning = "cuts a region out of an image at random"});

}  // namespace detforge
