#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/select_objects.h"

namespace detforge {

/// Four images around a random point of a ground of twice the size: the sample's own at the upper left, three others of the dataset. YOLOX,
/// arXiv 2107.08430. Masks are not mixed.
class Mosaic : public Transform {
 public:
  struct Options {
    std::array<std::int64_t, 2> img_scale = {640, 640};
    std::array<double, 2> center_ratio_range = {0.5, 1.5};
    double min_bbox_size = 0;
    bool bbox_clip_border = true;
    bool skip_filter = true;
    double pad_val = 114;
    double prob = 1;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::img_scale, "img_scale", "(height, width) px of each image"),
            arg(&Options::center_ratio_range, "center_ratio_range", "where the images meet, times img_scale"),
            arg(&Options::min_bbox_size, "min_bbox_size", "sides of a box, px, below which it is left out"),
            arg(&Options::bbox_clip_border, "bbox_clip_border", "clip boxes to the mosaic"),
            arg(&Options::skip_filter, "skip_filter", "keep boxes that min_bbox_size would leave out"),
            arg(&Options::pad_val, "pad_val", "what the ground holds"),
            arg(&Options::prob, "prob", "how probable a mosaic is").check([](double prob) {
              return prob >= 0 && prob <= 1 ? "" : "must be between 0 and 1";
            })};
  }

  Mosaic(const Options& options, const BuildContext&) : options_(options) {
    for (const std::int64_t side : options.img_scale) {
      if (side < 1 || side > 1 << 14) throw ArgumentError("img_scale", "must be between 1 and 16384 px a side");
    }
    const auto [low, high] = options.center_ratio_range;
    if (!(low >= 0 && low <= high && high <= 2)) throw ArgumentError("center_ratio_range", "must be (low, high) within 0 and 2");
  }

  std::vector<std::size_t> get_indexes(const SamplePool& pool, Random& random) const override {
    std::vector<std::size_t> indexes;
    for (int i = 0; i < 3; ++i) indexes.push_back(static_cast<std::size_t>(random.randint(0, static_cast<std::int64_t>(pool.size()))));
    return indexes;
  }

  void apply(Sample& sample, Random& random) const override;

 private:
  /// Where a piece of an image goes, and which of its pixels.
  struct Place {
    cv::Rect to;
    cv::Point from;
  };
  Place place(std::size_t quarter, cv::Point center, cv::Size image) const;

  Options options_;
};

Mosaic::Place Mosaic::place(std::size_t quarter, cv::Point center, cv::Size image) const {
  const cv::Size ground(static_cast<int>(options_.img_scale[1]) * 2, static_cast<int>(options_.img_scale[0]) * 2);
  const bool left = quarter % 2 == 0, upper = quarter < 2;
  const int x1 = left ? std::max(center.x - image.width, 0) : center.x;
  const int x2 = left ? center.x : std::min(center.x + image.width, ground.width);
  const int y1 = upper ? std::max(center.y - image.height, 0) : center.y;
  const int y2 = upper ? center.y : std::min(center.y + image.height, ground.height);
  return {{x1, y1, x2 - x1, y2 - y1}, {left ? image.width - (x2 - x1) : 0, upper ? image.height - (y2 - y1) : 0}};
}

void Mosaic::apply(Sample& sample, Random& random) const {
  if (random.uniform(0, 1) > options_.prob) return;
  if (sample.mix_results.size() != 3)
    throw Error("Mosaic needs three other samples").help("it belongs into a MultiImageMixDataset's pipeline");
  const auto [rows, cols] = options_.img_scale;
  const double x = random.uniform(options_.center_ratio_range[0], options_.center_ratio_range[1]) * static_cast<double>(cols);
  const double y = random.uniform(options_.center_ratio_range[0], options_.center_ratio_range[1]) * static_cast<double>(rows);
  const cv::Point center(static_cast<int>(x), static_cast<int>(y));
  cv::Mat mosaic(static_cast<int>(rows) * 2, static_cast<int>(cols) * 2, sample.image.type(), cv::Scalar::all(options_.pad_val));
  std::vector<BoxXyxy> boxes;
  std::vector<std::int64_t> labels;
  for (std::size_t quarter = 0; quarter < 4; ++quarter) {
    const Sample& part = quarter == 0 ? sample : sample.mix_results[quarter - 1];
    if (!part.gt_bboxes || !part.gt_labels) throw Error("Mosaic needs boxes and labels of each image");
    if (part.image.type() != mosaic.type()) throw Error("Mosaic needs images of one kind");
    const double ratio = std::min(static_cast<double>(rows) / part.image.rows, static_cast<double>(cols) / part.image.cols);
    cv::Mat image;
    cv::resize(part.image, image,
               cv::Size(std::max(1, static_cast<int>(part.image.cols * ratio)), std::max(1, static_cast<int>(part.image.rows * ratio))));
    const Place spot = place(quarter, center, image.size());
    if (!spot.to.empty()) image(cv::Rect(spot.from, spot.to.size())).copyTo(mosaic(spot.to));
    const auto scale = static_cast<float>(ratio);
    for (const BoxXyxy& box : *part.gt_bboxes) {
      boxes.push_back(shifted({scale * box[0], scale * box[1], scale * box[2], scale * box[3]}, static_cast<float>(spot.to.x - spot.from.x),
                              static_cast<float>(spot.to.y - spot.from.y)));
    }
    labels.insert(labels.end(), part.gt_labels->begin(), part.gt_labels->end());
  }
  const auto width = static_cast<float>(mosaic.cols), height = static_cast<float>(mosaic.rows);
  const auto least = static_cast<float>(options_.min_bbox_size);
  if (options_.bbox_clip_border) {
    for (BoxXyxy& box : boxes) box = clipped(box, width, height);
  }
  const std::vector<std::size_t> kept = kept_boxes(boxes, [&](const BoxXyxy& box) {
    const bool is_large = options_.skip_filter || (box[2] - box[0] > least && box[3] - box[1] > least);
    return is_large && is_partly_inside(box, width, height);
  });
  sample.image = mosaic;
  sample.meta.img_shape = {mosaic.rows, mosaic.cols};
  sample.gt_bboxes = selected(boxes, kept);
  sample.gt_labels = selected(labels, kept);
}

DETFORGE_REGISTER(transforms, Mosaic,
                  {.name = "Mosaic",
                   .python = "mmdet.datasets.pipelines.transforms.Mosaic",
                   .meaning = "puts four images together",
                   .since = Reference::V2_27});

}  // namespace detforge
