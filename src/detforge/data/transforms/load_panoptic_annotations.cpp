#include <opencv2/core.hpp>

#include "detforge/data/transforms/load_annotations.h"
#include "detforge/media/media.h"

namespace detforge {

/// Loads boxes and labels, and reads masks of things and the map of all classes out of a panoptic PNG, whose colours R + 256 G + 65536 B
/// are the ids of its segments. Pixels of no segment are 255 in the map.
class LoadPanopticAnnotations : public LoadAnnotations {
 public:
  struct Options {
    bool with_bbox = true;
    bool with_label = true;
    bool with_mask = true;
    bool with_seg = true;
    ConfigDict file_client_args{{"backend", "disk"}};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::with_bbox, "with_bbox", "load boxes"), arg(&Options::with_label, "with_label", "load the class of each box"),
            arg(&Options::with_mask, "with_mask", "load a mask for each thing"),
            arg(&Options::with_seg, "with_seg", "load the map of classes, stuff included"),
            arg(&Options::file_client_args, "file_client_args", "where files come from; the disk")};
  }

  LoadPanopticAnnotations(const Options& options, const BuildContext& context)
      : LoadAnnotations({.with_bbox = options.with_bbox,
                         .with_label = options.with_label,
                         .with_mask = options.with_mask,
                         .with_seg = options.with_seg,
                         .file_client_args = options.file_client_args},
                        context) {}

  void apply(Sample& sample, Random& random) const override;

 private:
  static cv::Mat ids_of(const cv::Mat& colors);
};

cv::Mat LoadPanopticAnnotations::ids_of(const cv::Mat& colors) {
  cv::Mat ids(colors.size(), CV_32SC1);
  for (int y = 0; y < colors.rows; ++y) {
    const auto* color = colors.ptr<cv::Vec3b>(y);
    auto* id = ids.ptr<std::int32_t>(y);
    for (int x = 0; x < colors.cols; ++x) id[x] = color[x][2] + 256 * color[x][1] + 65536 * color[x][0];
  }
  return ids;
}

void LoadPanopticAnnotations::apply(Sample& sample, Random&) const {
  load_boxes_and_labels(sample);
  if (!options_.with_mask && !options_.with_seg) return;
  const cv::Mat ids = ids_of(read_image(seg_map_of(sample), ColorMode::Color));
  cv::Mat classes(ids.size(), CV_8UC1, cv::Scalar(255));
  std::vector<std::uint8_t> pixels;
  for (const PanopticSegment& segment : annotations_of(sample).segments) {
    if (segment.category < 0 || segment.category > 254) {
      throw Error("a panoptic segment has the class " + std::to_string(segment.category) + ", a map holds 0 to 254");
    }
    cv::Mat mask;
    cv::compare(ids, cv::Scalar(static_cast<double>(segment.id)), mask, cv::CMP_EQ);
    classes.setTo(static_cast<double>(segment.category), mask);
    if (!segment.is_thing) continue;
    for (int y = 0; y < mask.rows; ++y) {
      for (int x = 0; x < mask.cols; ++x) pixels.push_back(mask.at<std::uint8_t>(y, x) != 0);
    }
  }
  if (options_.with_mask) sample.gt_masks = BitmapMasks(std::move(pixels), {ids.rows, ids.cols});
  if (options_.with_seg) sample.gt_semantic_seg = classes;
}

DETFORGE_REGISTER(transforms, LoadPanopticAnnotations,
                  {.name = "LoadPanopticAnnotations",
                   .python = "mmdet.datasets.pipelines.loading.LoadPanopticAnnotations",
                   .meaning = "loads boxes, labels, and masks and classes out of a panoptic map",
                   .since = Reference::V2_27});

}  // namespace detforge
