#include "detforge/data/transforms/select_objects.h"

namespace detforge {

/// Leaves out objects that are too small, and drops the sample when none is left: in v2.8 always, in v2.27 with `keep_empty` and only
/// when there were some before.
class FilterAnnotations : public Transform {
 public:
  struct Options {
    std::array<double, 2> min_gt_bbox_wh = {1, 1};
    double min_gt_mask_area = 1;
    bool by_box = true;
    bool by_mask = false;
    bool keep_empty = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::min_gt_bbox_wh, "min_gt_bbox_wh", required, "(width, height) px that a box must exceed").default_in_v2_27({1, 1}),
            arg(&Options::min_gt_mask_area, "min_gt_mask_area", "px that a mask must have").since_v2_27(),
            arg(&Options::by_box, "by_box", "look at the boxes").since_v2_27(),
            arg(&Options::by_mask, "by_mask", "look at the masks").since_v2_27(),
            arg(&Options::keep_empty, "keep_empty", "drop samples of which no object is left").since_v2_27()};
  }

  FilterAnnotations(const Options& options, const BuildContext& context) : options_(options), reference_(context.reference) {
    if (!options.by_box && !options.by_mask) throw ArgumentError("by_box", "must be True, or by_mask");
  }

  void apply(Sample& sample, Random&) const override;

 private:
  Options options_;
  Reference reference_;
};

void FilterAnnotations::apply(Sample& sample, Random&) const {
  if (options_.by_box && !sample.gt_bboxes) throw Error("FilterAnnotations needs boxes");
  if (options_.by_mask && !sample.gt_masks) throw Error("FilterAnnotations needs masks");
  const std::size_t count = options_.by_mask ? sample.gt_masks->count() : sample.gt_bboxes->size();
  if (count == 0 && reference_ == Reference::V2_27) return;
  const auto min_width = static_cast<float>(options_.min_gt_bbox_wh[0]), min_height = static_cast<float>(options_.min_gt_bbox_wh[1]);
  const std::vector<double> areas = options_.by_mask ? sample.gt_masks->areas() : std::vector<double>();
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < count; ++i) {
    bool keep = !options_.by_mask || areas[i] >= options_.min_gt_mask_area;
    if (options_.by_box) {
      const auto [x1, y1, x2, y2] = (*sample.gt_bboxes)[i];
      keep = keep && x2 - x1 > min_width && y2 - y1 > min_height;
    }
    if (keep) kept.push_back(i);
  }
  select_objects(sample, kept);
  sample.is_dropped = kept.empty() && (options_.keep_empty || reference_ == Reference::V2_8);
}

DETFORGE_REGISTER(transforms, FilterAnnotations,
                  {.name = "FilterAnnotations",
                   .python = "mmdet.datasets.pipelines.loading.FilterAnnotations",
                   .meaning = "leaves out objects that are too small"});

}  // namespace detforge
