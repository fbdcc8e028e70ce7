#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "detforge/data/transforms/select_objects.h"

namespace detforge {

/// In training, a region of a random size around a random middle, filled up with the mean where it leaves the image; in testing, the
/// image in the middle of a larger ground. CornerNet, arXiv 1808.01244. The image is float32.
class RandomCenterCropPad : public Transform {
 public:
  struct Options {
    std::optional<std::array<std::int64_t, 2>> crop_size;
    std::optional<std::vector<double>> ratios = {{0.9, 1.0, 1.1}};
    std::optional<std::int64_t> border = 128;
    std::optional<std::vector<double>> mean;
    std::optional<std::vector<double>> std;
    std::optional<bool> to_rgb;
    bool test_mode = false;
    std::optional<Value> test_pad_mode = Value::tuple({"logical_or", 127});
    std::int64_t test_pad_add_pix = 0;
    bool bbox_clip_border = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::crop_size, "crop_size", "(height, width) px that the ratios are of; None in testing"),
            arg(&Options::ratios, "ratios", "factors of which one is drawn; None in testing"),
            arg(&Options::border, "border", "least distance, px, of the middle from the image's border; None in testing"),
            arg(&Options::mean, "mean", "what fills up, a number a channel; must be given"),
            arg(&Options::std, "std", "as Normalize has it; must be given"),
            arg(&Options::to_rgb, "to_rgb", "mean is RGB, the image BGR; must be given"),
            arg(&Options::test_mode, "test_mode", "pad, do not crop"),
            arg(&Options::test_pad_mode, "test_pad_mode", "('logical_or' or 'size_divisor', number); None in training"),
            arg(&Options::test_pad_add_pix, "test_pad_add_pix", "added to the padded sides").since_v2_27(),
            arg(&Options::bbox_clip_border, "bbox_clip_border", "clip boxes to the image")};
  }

  RandomCenterCropPad(const Options& options, const BuildContext&);
  void apply(Sample& sample, Random& random) const override;

 private:
  struct Crop {
    cv::Mat image;
    PixelBox patch;   ///< of the image that is seen
    cv::Point shift;  ///< from the image's pixels to the crop's
  };
  Crop crop(const cv::Mat& image, cv::Point center, cv::Size size) const;
  void train(Sample& sample, Random& random) const;
  void test(Sample& sample) const;
  std::int64_t border_of(int side) const;
  static bool has_middle_of(const PixelBox& patch, const BoxXyxy& box);

  Options options_;
  cv::Scalar mean_;
  std::string pad_mode_;
  std::int64_t pad_number_ = 1;
};

RandomCenterCropPad::RandomCenterCropPad(const Options& options, const BuildContext&) : options_(options) {
  if (!options.mean || !options.std || !options.to_rgb)
    throw ArgumentError("mean", "must be given, and so must std and to_rgb: those of Normalize");
  if (options.mean->size() != 3) throw ArgumentError("mean", "must have three entries");
  for (std::size_t c = 0; c < 3; ++c) mean_[static_cast<int>(c)] = (*options.mean)[*options.to_rgb ? 2 - c : c];
  if (!options.test_mode) {
    if (!options.crop_size || (*options.crop_size)[0] < 1 || (*options.crop_size)[1] < 1)
      throw ArgumentError("crop_size", "must be (height, width) in training");
    if (!options.ratios || options.ratios->empty()) throw ArgumentError("ratios", "must be a list in training");
    if (!options.border || *options.border < 1) throw ArgumentError("border", "must be at least 1 in training");
    if (options.test_pad_mode) throw ArgumentError("test_pad_mode", "must be None in training");
    return;
  }
  if (options.crop_size) throw ArgumentError("crop_size", "must be None in testing");
  if (options.ratios) throw ArgumentError("ratios", "must be None in testing");
  if (options.border) throw ArgumentError("border", "must be None in testing");
  const Value mode = options.test_pad_mode.value_or(Value());
  if (!mode.is_sequence() || mode.size() != 2 || !mode[0].is_string() || !mode[1].is_int() || mode[1].as_int() < 1) {
    throw ArgumentError("test_pad_mode", "must be ('logical_or' or 'size_divisor', number)");
  }
  pad_mode_ = mode[0].as_string();
  pad_number_ = mode[1].as_int();
  if (pad_mode_ != "logical_or" && pad_mode_ != "size_divisor")
    throw ArgumentError("test_pad_mode", "must be 'logical_or' or 'size_divisor'");
}

bool RandomCenterCropPad::has_middle_of(const PixelBox& patch, const BoxXyxy& box) {
  const float x = (box[0] + box[2]) / 2, y = (box[1] + box[3]) / 2;
  return x > static_cast<float>(patch.x1) && y > static_cast<float>(patch.y1) && x < static_cast<float>(patch.x2) &&
         y < static_cast<float>(patch.y2);
}

/// The border, halved until the middle has room.
std::int64_t RandomCenterCropPad::border_of(int side) const {
  const double k = 2.0 * static_cast<double>(*options_.border) / side;
  const double exponent = std::ceil(std::log2(std::ceil(k))) + (k == std::trunc(k) ? 1 : 0);
  return static_cast<std::int64_t>(std::floor(static_cast<double>(*options_.border) / std::pow(2.0, exponent)));
}

RandomCenterCropPad::Crop RandomCenterCropPad::crop(const cv::Mat& image, cv::Point center, cv::Size size) const {
  const cv::Point half(size.width / 2, size.height / 2);
  const cv::Rect patch = cv::Rect(center - half, center + half) & cv::Rect({0, 0}, image.size());
  Crop crop{cv::Mat(size, image.type(), mean_), {patch.x, patch.y, patch.x + patch.width, patch.y + patch.height}, half - center};
  if (!patch.empty()) image(patch).copyTo(crop.image(patch + crop.shift));
  return crop;
}

void RandomCenterCropPad::train(Sample& sample, Random& random) const {
  if (!sample.gt_bboxes) throw Error("RandomCenterCropPad needs boxes");
  if (sample.gt_masks || !sample.gt_semantic_seg.empty()) throw Error("RandomCenterCropPad moves boxes only, no masks and no semantic map");
  constexpr int kMaxDraws = 100000;
  for (int draws = 0; draws < kMaxDraws;) {
    const double scale = (*options_.ratios)[random.choice(options_.ratios->size())];
    const cv::Size size(static_cast<int>(static_cast<double>((*options_.crop_size)[1]) * scale),
                        static_cast<int>(static_cast<double>((*options_.crop_size)[0]) * scale));
    const std::int64_t y_border = border_of(sample.image.rows), x_border = border_of(sample.image.cols);
    for (int i = 0; i < 50; ++i, ++draws) {
      const auto x = static_cast<int>(random.randint(x_border, sample.image.cols - x_border));
      const auto y = static_cast<int>(random.randint(y_border, sample.image.rows - y_border));
      const Crop drawn = crop(sample.image, {x, y}, size);
      const auto is_inside = [&](const BoxXyxy& box) { return has_middle_of(drawn.patch, box); };
      if (!sample.gt_bboxes->empty() && std::ranges::none_of(*sample.gt_bboxes, is_inside)) continue;
      sample.image = drawn.image;
      sample.meta.img_shape = sample.meta.pad_shape = {size.height, size.width};
      filter_boxes(sample, is_inside);
      for_each_bbox_field(sample, [&](std::vector<BoxXyxy>& boxes) {
        for (BoxXyxy& box : boxes) {
          box = shifted(box, static_cast<float>(drawn.shift.x), static_cast<float>(drawn.shift.y));
          if (options_.bbox_clip_border) box = clipped(box, static_cast<float>(size.width), static_cast<float>(size.height));
        }
      });
      filter_boxes(sample, [](const BoxXyxy& box) { return box[2] > box[0] && box[3] > box[1]; });
      return;
    }
  }
  throw Error("RandomCenterCropPad finds no region with an object in it");
}

void RandomCenterCropPad::test(Sample& sample) const {
  const auto padded = [&](int side) {
    const std::int64_t larger = pad_mode_ == "logical_or" ? side | pad_number_ : (side + pad_number_ - 1) / pad_number_ * pad_number_;
    return static_cast<int>(pad_mode_ == "logical_or" ? larger + options_.test_pad_add_pix : larger);
  };
  const cv::Size size(padded(sample.image.cols), padded(sample.image.rows));
  sample.meta.img_shape = {sample.image.rows, sample.image.cols};
  const Crop centered = crop(sample.image, {sample.image.cols / 2, sample.image.rows / 2}, size);
  const PixelBox& patch = centered.patch;
  sample.meta.border = {static_cast<float>(patch.y1 + centered.shift.y), static_cast<float>(patch.y2 + centered.shift.y),
                        static_cast<float>(patch.x1 + centered.shift.x), static_cast<float>(patch.x2 + centered.shift.x)};
  sample.image = centered.image;
  sample.meta.pad_shape = {size.height, size.width};
}

void RandomCenterCropPad::apply(Sample& sample, Random& random) const {
  if (sample.image.type() != CV_32FC3)
    throw Error("RandomCenterCropPad needs a float32 image of three channels").help("give LoadImageFromFile to_float32=True");
  if (options_.test_mode) {
    test(sample);
  } else {
    train(sample, random);
  }
}

DETFORGE_REGISTER(transforms, RandomCenterCropPad,
                  {.name = "RandomCenterCropPad",
                   .python = "mmdet.datasets.pipelines.transforms.RandomCenterCropPad",
                   .meaning = "a random region filled up, or a padded image"});

}  // namespace detforge
