#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/select_objects.h"

namespace detforge {

/// The mean of the image and of another one of the dataset, which is scaled, flipped and cropped at random; the boxes of both. YOLOX, arXiv
/// 2107.08430. Where the other image has no objects nothing changes.
class MixUp : public Transform {
 public:
  struct Options {
    std::array<std::int64_t, 2> img_scale = {640, 640};
    std::array<double, 2> ratio_range = {0.5, 1.5};
    double flip_ratio = 0.5;
    std::variant<std::int64_t, double> pad_val = std::int64_t{114};
    std::int64_t max_iters = 15;
    double min_bbox_size = 5;
    double min_area_ratio = 0.2;
    double max_aspect_ratio = 20;
    bool bbox_clip_border = true;
    bool skip_filter = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::img_scale, "img_scale", "(height, width) px of the other image before it is scaled"),
            arg(&Options::ratio_range, "ratio_range", "(low, high) factor of the other image"),
            arg(&Options::flip_ratio, "flip_ratio", "how probable it is flipped"),
            arg(&Options::pad_val, "pad_val", "what surrounds it"),
            arg(&Options::max_iters, "max_iters", "how often an image with objects is looked for").at_least(1),
            arg(&Options::min_bbox_size, "min_bbox_size", "sides of a box, px, below which it is left out"),
            arg(&Options::min_area_ratio, "min_area_ratio", "least part of a box's area that must be left"),
            arg(&Options::max_aspect_ratio, "max_aspect_ratio", "most that one side of a box may be of the other"),
            arg(&Options::bbox_clip_border, "bbox_clip_border", "clip boxes to the image"),
            arg(&Options::skip_filter, "skip_filter", "keep boxes that these three would leave out")};
  }

  MixUp(const Options& options, const BuildContext&) : options_(options) {
    for (const std::int64_t side : options.img_scale) {
      if (side < 1 || side > 1 << 14) throw ArgumentError("img_scale", "must be between 1 and 16384 px a side");
    }
    const auto [low, high] = options.ratio_range;
    if (!(low > 0 && low <= high && high <= 16)) throw ArgumentError("ratio_range", "must be (low, high) with 0 < low <= high <= 16");
  }

  std::vector<std::size_t> get_indexes(const SamplePool& pool, Random& random) const override {
    std::size_t index = 0;
    for (std::int64_t i = 0; i < options_.max_iters; ++i) {
      index = static_cast<std::size_t>(random.randint(0, static_cast<std::int64_t>(pool.size())));
      if (pool.objects_of(index) != 0) break;
    }
    return {index};
  }

  void apply(Sample& sample, Random& random) const override;

 private:
  /// On a ground of `img_scale`, scaled. A ground that the config gives as a float makes the pixels float64, which rounds them otherwise.
  cv::Mat scaled(const cv::Mat& image, double ratio, double jitter) const;
  bool is_kept(const BoxXyxy& whole, const BoxXyxy& box) const;

  Options options_;
};

cv::Mat MixUp::scaled(const cv::Mat& image, double ratio, double jitter) const {
  const auto* whole = std::get_if<std::int64_t>(&options_.pad_val);
  const double value = whole != nullptr ? static_cast<double>(*whole) : std::get<double>(options_.pad_val);
  cv::Mat resized;
  cv::resize(image, resized,
             cv::Size(std::max(1, static_cast<int>(image.cols * ratio)), std::max(1, static_cast<int>(image.rows * ratio))));
  cv::Mat ground(static_cast<int>(options_.img_scale[0]), static_cast<int>(options_.img_scale[1]), whole != nullptr ? CV_8UC3 : CV_64FC3,
                 cv::Scalar::all(value));
  resized.convertTo(resized, ground.depth());
  resized.copyTo(ground(cv::Rect({0, 0}, resized.size())));
  cv::Mat scaled;
  cv::resize(ground, scaled,
             cv::Size(std::max(1, static_cast<int>(ground.cols * jitter)), std::max(1, static_cast<int>(ground.rows * jitter))));
  if (whole != nullptr) return scaled;
  cv::Mat cut(scaled.size(), CV_8UC3);
  for (int y = 0; y < scaled.rows; ++y) {
    for (int x = 0; x < scaled.cols; ++x) {
      for (int c = 0; c < 3; ++c) cut.at<cv::Vec3b>(y, x)[c] = static_cast<std::uint8_t>(scaled.at<cv::Vec3d>(y, x)[c]);
    }
  }
  return cut;
}

bool MixUp::is_kept(const BoxXyxy& whole, const BoxXyxy& box) const {
  constexpr float kTiny = 1e-16F;
  const float width = box[2] - box[0], height = box[3] - box[1];
  const float aspect = std::max(width / (height + kTiny), height / (width + kTiny));
  const auto least = static_cast<float>(options_.min_bbox_size);
  const float area = (whole[2] - whole[0]) * (whole[3] - whole[1]);
  return width > least && height > least && width * height / (area + kTiny) > static_cast<float>(options_.min_area_ratio) &&
         aspect < static_cast<float>(options_.max_aspect_ratio);
}

void MixUp::apply(Sample& sample, Random& random) const {
  if (sample.mix_results.size() != 1) throw Error("MixUp needs one other sample").help("it belongs into a MultiImageMixDataset's pipeline");
  const Sample& other = sample.mix_results.front();
  if (!sample.gt_bboxes || !sample.gt_labels || !other.gt_bboxes || !other.gt_labels)
    throw Error("MixUp needs boxes and labels of both images");
  if (other.gt_bboxes->empty()) return;
  if (sample.image.type() != CV_8UC3 || other.image.type() != CV_8UC3) throw Error("MixUp needs 8-bit images of three channels");
  const double jitter = random.uniform(options_.ratio_range[0], options_.ratio_range[1]);
  const bool flips = random.uniform(0, 1) < options_.flip_ratio;
  const double ratio = std::min(static_cast<double>(options_.img_scale[0]) / other.image.rows,
                                static_cast<double>(options_.img_scale[1]) / other.image.cols);
  cv::Mat image = scaled(other.image, ratio, jitter);
  if (flips) cv::flip(image, image, 1);
  const cv::Size target = sample.image.size(), origin = image.size();
  cv::Mat padded = cv::Mat::zeros(std::max(origin.height, target.height), std::max(origin.width, target.width), CV_8UC3);
  image.copyTo(padded(cv::Rect({0, 0}, origin)));
  cv::Point offset(0, 0);
  if (padded.rows > target.height) offset.y = static_cast<int>(random.randint(0, padded.rows - target.height));
  if (padded.cols > target.width) offset.x = static_cast<int>(random.randint(0, padded.cols - target.width));

  const auto scale = static_cast<float>(ratio * jitter);
  const auto origin_width = static_cast<float>(origin.width), origin_height = static_cast<float>(origin.height);
  const auto target_width = static_cast<float>(target.width), target_height = static_cast<float>(target.height);
  std::vector<BoxXyxy> boxes = *sample.gt_bboxes;
  std::vector<std::int64_t> labels = *sample.gt_labels;
  for (std::size_t i = 0; i < other.gt_bboxes->size(); ++i) {
    BoxXyxy whole = (*other.gt_bboxes)[i];
    for (float& side : whole) side *= scale;
    if (options_.bbox_clip_border) whole = clipped(whole, origin_width, origin_height);
    if (flips) whole = {origin_width - whole[2], whole[1], origin_width - whole[0], whole[3]};
    BoxXyxy box = shifted(whole, -static_cast<float>(offset.x), -static_cast<float>(offset.y));
    if (options_.bbox_clip_border) box = clipped(box, target_width, target_height);
    if (!options_.skip_filter && !is_kept(whole, box)) continue;
    boxes.push_back(box);
    labels.push_back((*other.gt_labels)[i]);
  }
  const auto kept = kept_boxes(boxes, [&](const BoxXyxy& box) { return is_partly_inside(box, target_width, target_height); });
  sample.gt_bboxes = selected(boxes, kept);
  sample.gt_labels = selected(labels, kept);
  const cv::Mat part = padded(cv::Rect(offset, target));
  cv::Mat mixed(target, CV_8UC3);
  for (int y = 0; y < target.height; ++y) {
    for (int x = 0; x < target.width; ++x) {
      const cv::Vec3b &a = sample.image.at<cv::Vec3b>(y, x), &b = part.at<cv::Vec3b>(y, x);
      for (int c = 0; c < 3; ++c) mixed.at<cv::Vec3b>(y, x)[c] = static_cast<std::uint8_t>((a[c] + b[c]) / 2);
    }
  }
  sample.image = mixed;
  sample.meta.img_shape = {mixed.rows, mixed.cols};
}

DETFORGE_REGISTER(transforms, MixUp,
                  {.name = "MixUp",
                   .python = "mmdet.datasets.pipelines.transforms.MixUp",
                   .meaning = "the mean of two images",
                   .since = Reference::V2_27});

}  // namespace detforge
