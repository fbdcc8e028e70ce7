#include <algorithm>
#include <opencv2/core.hpp>

#include "detforge/data/box_overlap.h"
#include "detforge/data/transforms/select_objects.h"

namespace detforge {

/// Cuts out a region that overlaps every box by at least some IoU, drawn from a list; or leaves the image as it is. Objects whose middle
/// is outside are left out. Liu et al.: SSD, arXiv 1512.02325.
class MinIoURandomCrop : public Transform {
 public:
  struct Options {
    std::vector<double> min_ious = {0.1, 0.3, 0.5, 0.7, 0.9};
    double min_crop_size = 0.3;
    bool bbox_clip_border = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::min_ious, "min_ious", "thresholds of which one is drawn, beside 'any' and 'no crop'"),
            arg(&Options::min_crop_size, "min_crop_size", "least part of the image's sides").check([](double part) {
              return part > 0 && part <= 1 ? "" : "must be above 0 and at most 1";
            }),
            arg(&Options::bbox_clip_border, "bbox_clip_border", "clip boxes to the image")};
  }

  MinIoURandomCrop(const Options& options, const BuildContext&) : options_(options), sample_mode_({1}) {
    sample_mode_.insert(sample_mode_.end(), options.min_ious.begin(), options.min_ious.end());
    sample_mode_.push_back(0);
  }

  void apply(Sample& sample, Random& random) const override;

 private:
  std::optional<PixelBox> draw(const Sample& sample, Random& random) const;
  static bool has_middle_of(const PixelBox& patch, const BoxXyxy& box);
  static double overlap(const PixelBox& patch, const BoxXyxy& box);

  Options options_;
  std::vector<double> sample_mode_;  ///< 1: no crop; 0: any overlap
};

bool MinIoURandomCrop::has_middle_of(const PixelBox& patch, const BoxXyxy& box) {
  const float x = (box[0] + box[2]) / 2, y = (box[1] + box[3]) / 2;
  return x > static_cast<float>(patch.x1) && y > static_cast<float>(patch.y1) && x < static_cast<float>(patch.x2) &&
         y < static_cast<float>(patch.y2);
}

double MinIoURandomCrop::overlap(const PixelBox& patch, const BoxXyxy& box) {
  const BoxXyxy cut = {static_cast<float>(patch.x1), static_cast<float>(patch.y1), static_cast<float>(patch.x2),
                       static_cast<float>(patch.y2)};
  return static_cast<double>(bbox_overlap(cut, box));
}

/// Nothing: the image stays as it is.
std::optional<PixelBox> MinIoURandomCrop::draw(const Sample& sample, Random& random) const {
  std::vector<BoxXyxy> boxes;
  for (const auto* field : {&sample.gt_bboxes_ignore, &sample.gt_bboxes, &sample.proposals}) {
    if (*field) boxes.insert(boxes.end(), (*field)->begin(), (*field)->end());
  }
  const double width = sample.image.cols, height = sample.image.rows;
  constexpr int kMaxDraws = 100000;
  for (int draws = 0; draws < kMaxDraws;) {
    const double min_iou = sample_mode_[random.choice(sample_mode_.size())];
    if (min_iou == 1) return std::nullopt;
    for (int i = 0; i < 50; ++i, ++draws) {
      const double new_width = random.uniform(options_.min_crop_size * width, width);
      const double new_height = random.uniform(options_.min_crop_size * height, height);
      if (new_height / new_width < 0.5 || new_height / new_width > 2) continue;
      // The reference draws between this and 1, not 0: numpy's uniform takes one argument for the lower end.
      const double left = random.uniform(width - new_width, 1), top = random.uniform(height - new_height, 1);
      const PixelBox patch{static_cast<std::int64_t>(left), static_cast<std::int64_t>(top), static_cast<std::int64_t>(left + new_width),
                           static_cast<std::int64_t>(top + new_height)};
      if (patch.x2 == patch.x1 || patch.y2 == patch.y1) continue;
      const auto is_outside = [&](const BoxXyxy& box) { return overlap(patch, box) < min_iou; };
      if (std::ranges::any_of(boxes, is_outside)) continue;
      const auto is_inside = [&](const BoxXyxy& box) { return has_middle_of(patch, box); };
      if (!boxes.empty() && std::ranges::none_of(boxes, is_inside)) continue;
      return patch;
    }
  }
  throw Error("MinIoURandomCrop finds no region that overlaps the boxes as wanted");
}

void MinIoURandomCrop::apply(Sample& sample, Random& random) const {
  if (sample.image.empty() || !sample.gt_bboxes) throw Error("MinIoURandomCrop needs an image and boxes");
  const std::optional<PixelBox> drawn = draw(sample, random);
  if (!drawn) return;
  const PixelBox patch = *drawn;
  filter_boxes(sample, [&](const BoxXyxy& box) { return has_middle_of(patch, box); });
  const auto x1 = static_cast<float>(patch.x1), y1 = static_cast<float>(patch.y1);
  const auto x2 = static_cast<float>(patch.x2), y2 = static_cast<float>(patch.y2);
  for_each_bbox_field(sample, [&](std::vector<BoxXyxy>& boxes) {
    for (BoxXyxy& box : boxes) {
      if (options_.bbox_clip_border) box = {std::max(box[0], x1), std::max(box[1], y1), std::min(box[2], x2), std::min(box[3], y2)};
      box = shifted(box, -x1, -y1);
    }
  });
  if (sample.gt_masks) sample.gt_masks = sample.gt_masks->crop(patch);
  const cv::Rect region(cv::Point(static_cast<int>(patch.x1), static_cast<int>(patch.y1)),
                        cv::Point(static_cast<int>(patch.x2), static_cast<int>(patch.y2)));
  const cv::Rect inside = region & cv::Rect({0, 0}, sample.image.size());
  sample.image = sample.image(inside).clone();
  sample.meta.img_shape = {sample.image.rows, sample.image.cols};
  if (!sample.gt_semantic_seg.empty()) sample.gt_semantic_seg = sample.gt_semantic_seg(inside).clone();
}

DETFORGE_REGISTER(transforms, MinIoURandomCrop,
                  {.name = "MinIoURandomCrop",
                   .python = "mmdet.datasets.pipelines.transforms.MinIoURandomCrop",
                   .meaning = "cuts out a region that overlaps the objects enough"});

}  // namespace detforge
