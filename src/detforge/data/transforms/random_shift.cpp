#include <algorithm>
#include <cstdlib>
#include <opencv2/core.hpp>

#include "detforge/data/transforms/select_objects.h"

namespace detforge {

/// Moves the image's content by a few pixels, black coming in. Nothing is moved where no object would be left, but that the ignored boxes
/// are moved by then, as in the reference.
class RandomShift : public Transform {
 public:
  struct Options {
    double shift_ratio = 0.5;
    std::int64_t max_shift_px = 32;
    double filter_thr_px = 1;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::shift_ratio, "shift_ratio", "how probable a shift is").check([](double ratio) {
              return ratio >= 0 && ratio <= 1 ? "" : "must be between 0 and 1";
            }),
            arg(&Options::max_shift_px, "max_shift_px", "px in each direction").at_least(1),
            arg(&Options::filter_thr_px, "filter_thr_px", "sides of a box, px, below which it is left out")};
  }

  RandomShift(const Options& options, const BuildContext&) : options_(options) {}

  void apply(Sample& sample, Random& random) const override;

 private:
  Options options_;
};

void RandomShift::apply(Sample& sample, Random& random) const {
  if (sample.image.empty()) throw Error("RandomShift needs an image");
  if (random.random_sample() >= options_.shift_ratio) return;
  const auto x = static_cast<int>(random.randint(-options_.max_shift_px, options_.max_shift_px));
  const auto y = static_cast<int>(random.randint(-options_.max_shift_px, options_.max_shift_px));
  const int rows = sample.image.rows, cols = sample.image.cols;
  const auto threshold = static_cast<float>(static_cast<std::int64_t>(options_.filter_thr_px));
  const auto moved = [&](std::vector<BoxXyxy> boxes) {
    for (BoxXyxy& box : boxes) {
      box = clipped(shifted(box, static_cast<float>(x), static_cast<float>(y)), static_cast<float>(cols), static_cast<float>(rows));
    }
    return boxes;
  };
  const auto is_large = [&](const BoxXyxy& box) { return box[2] - box[0] > threshold && box[3] - box[1] > threshold; };
  if (sample.gt_bboxes_ignore) {
    const std::vector<BoxXyxy> boxes = moved(*sample.gt_bboxes_ignore);
    sample.gt_bboxes_ignore = selected(boxes, kept_boxes(boxes, is_large));
  }
  if (sample.gt_bboxes) {
    const std::vector<BoxXyxy> boxes = moved(*sample.gt_bboxes);
    const std::vector<std::size_t> kept = kept_boxes(boxes, is_large);
    if (kept.empty()) return;
    sample.gt_bboxes = selected(boxes, kept);
    if (sample.gt_labels) sample.gt_labels = selected(*sample.gt_labels, kept);
  }
  cv::Mat image = cv::Mat::zeros(sample.image.size(), sample.image.type());
  const cv::Size common(std::max(cols - std::abs(x), 0), std::max(rows - std::abs(y), 0));
  if (!common.empty()) {
    const cv::Rect from({std::max(0, -x), std::max(0, -y)}, common), to({std::max(0, x), std::max(0, y)}, common);
    sample.image(from).copyTo(image(to));
  }
  sample.image = image;
}

DETFORGE_REGISTER(transforms, RandomShift,
                  {.name = "RandomShift",
                   .python = "mmdet.datasets.pipelines.transforms.RandomShift",
                   .meaning = "moves an image's content by a few pixels",
                   .since = Reference::V2_27});

}  // namespace detforge
