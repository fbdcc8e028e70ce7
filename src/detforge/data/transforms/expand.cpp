#include <algorithm>
#include <opencv2/core.hpp>

#include "detforge/data/transforms/select_objects.h"

namespace detforge {

/// Puts the image at a random place of a larger ground of one colour, with probability `prob`. Liu et al.: SSD, arXiv 1512.02325.
/// As in the reference the sample's `img_shape` stays what it was.
class Expand : public Transform {
 public:
  struct Options {
    std::array<double, 3> mean = {0, 0, 0};
    bool to_rgb = true;
    std::array<double, 2> ratio_range = {1, 4};
    std::optional<std::int64_t> seg_ignore_label;
    double prob = 0.5;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::mean, "mean", "colour of the ground"), arg(&Options::to_rgb, "to_rgb", "mean is RGB, the image BGR"),
            arg(&Options::ratio_range, "ratio_range", "(least, most) times the image's sides"),
            arg(&Options::seg_ignore_label, "seg_ignore_label", "what fills the semantic map"),
            arg(&Options::prob, "prob", "how probable this is")};
  }

  Expand(const Options& options, const BuildContext&) : options_(options) {
    const auto [low, high] = options.ratio_range;
    if (!(low >= 1 && low <= high && high <= 100)) throw ArgumentError("ratio_range", "must be (low, high) with 1 <= low <= high");
    for (std::size_t c = 0; c < 3; ++c) color_[static_cast<int>(c)] = options.mean[options.to_rgb ? 2 - c : c];
  }

  void apply(Sample& sample, Random& random) const override;

 private:
  Options options_;
  cv::Scalar color_;
};

void Expand::apply(Sample& sample, Random& random) const {
  if (sample.image.empty()) throw Error("Expand needs an image");
  if (random.uniform(0, 1) > options_.prob) return;
  const double ratio = random.uniform(options_.ratio_range[0], options_.ratio_range[1]);
  const int height = sample.image.rows, width = sample.image.cols;
  const cv::Size size(static_cast<int>(width * ratio), static_cast<int>(height * ratio));
  const auto left = static_cast<int>(random.uniform(0, width * ratio - width));
  const auto top = static_cast<int>(random.uniform(0, height * ratio - height));
  const cv::Rect place({left, top}, sample.image.size());
  cv::Scalar color = color_;
  if (sample.image.depth() == CV_8U) {
    for (int c = 0; c < 3; ++c) color[c] = static_cast<double>(static_cast<std::uint8_t>(color[c]));  // numpy cuts fractions off
  }
  cv::Mat expanded(size, sample.image.type(), color);
  sample.image.copyTo(expanded(place));
  sample.image = expanded;
  for_each_bbox_field(sample, [&](std::vector<BoxXyxy>& boxes) {
    for (BoxXyxy& box : boxes) box = shifted(box, static_cast<float>(left), static_cast<float>(top));
  });
  if (sample.gt_masks) sample.gt_masks = sample.gt_masks->expand({size.height, size.width}, top, left);
  if (!sample.gt_semantic_seg.empty()) {
    if (!options_.seg_ignore_label) throw Error("Expand needs 'seg_ignore_label' for a semantic map");
    cv::Mat map(size, sample.gt_semantic_seg.type(), cv::Scalar(static_cast<double>(*options_.seg_ignore_label)));
    sample.gt_semantic_seg.copyTo(map(place));
    sample.gt_semantic_seg = map;
  }
}

DETFORGE_REGISTER(transforms, Expand,
                  {.name = "Expand",
                   .python = "mmdet.datasets.pipelines.transforms.Expand",
                   .meaning = "puts an image onto a larger ground"});

}  // namespace detforge
