#include "detforge/boxes/anchor_layout.h"
#include "detforge/boxes/assigners/assigner.h"

namespace detforge {

/// Guided anchoring's rule for locations (arXiv 1901.03278), as Cascade RPN uses it: each object has a level by its size; the anchors there
/// whose centre lies in the object's middle belong to it, those around are neither. Anchors outside of the image are neither.
/// One square anchor per place. Reads `num_level_priors`, `valid_flags`, `featmap_sizes`, `anchor_strides`, `anchor_scale`,
/// `img_shape` and `allowed_border`.
///
/// As in MMDetection the regions of objects are not ignored on neighbouring levels; instead the first anchor of a level is, unless all of
/// its anchors lie in such regions, and the second if any does.
class RegionAssigner : public Assigner {
 public:
  struct Options {
    double center_ratio = 0.2;
    double ignore_ratio = 0.5;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::center_ratio, "center_ratio", "size of an object's middle, in sizes of the object"),
            arg(&Options::ignore_ratio, "ignore_ratio", "size of the region that is no background, in sizes of the object")};
  }

  RegionAssigner(const Options& options, const BuildContext&) : options_(options) {}

  AssignResult assign(const AssignInput& input) const override {
    const auto num_levels = static_cast<std::int64_t>(input.num_level_priors.size());
    if (!input.valid_flags.defined() || input.featmap_sizes.size() != input.num_level_priors.size() ||
        input.anchor_strides.size() != input.num_level_priors.size()) {
      throw Error("RegionAssigner needs the sizes, strides and valid flags of every level");
    }
    if (input.gt_bboxes_ignore.defined()) throw Error("RegionAssigner knows no ignored regions");
    const std::int64_t num_gts = input.gt_bboxes.size(0), num_priors = input.priors.size(0);
    AssignResult result = assign_background(num_gts, num_priors, input.gt_bboxes, input.gt_labels);
    if (num_gts == 0 || num_priors == 0) return result;
    result.max_overlaps = torch::Tensor();
    const torch::Tensor levels_of_gts = target_levels(input, num_levels);
    std::vector<Level> levels;
    std::int64_t start = 0;
    for (std::size_t i = 0; i < input.num_level_priors.size(); ++i) {
      const std::int64_t end = start + input.num_level_priors[i];
      levels.push_back({.anchors = input.priors.slice(0, start, end) / input.anchor_strides[i],
                        .gt_inds = result.gt_inds.slice(0, start, end),
                        .stride = input.anchor_strides[i],
                        .size = input.featmap_sizes[i],
                        .touched = torch::zeros({end - start}, input.priors.options().dtype(torch::kBool))});
      start = end;
    }
    for (std::int64_t gt = 0; gt < num_gts; ++gt) {
      const auto level = levels_of_gts[gt].item<std::int64_t>();
      Level& own = levels[static_cast<std::size_t>(level)];
      const torch::Tensor box = input.gt_bboxes[gt];
      own.gt_inds.masked_fill_(own.inside(box, options_.ignore_ratio), -1);
      own.gt_inds.masked_fill_(own.inside(box, options_.center_ratio), gt + 1);
      for (const std::int64_t neighbour : {level - 1, level + 1}) {
        if (neighbour < 0 || neighbour >= num_levels) continue;
        Level& next = levels[static_cast<std::size_t>(neighbour)];
        next.touched.logical_or_(next.inside(box, options_.ignore_ratio));
      }
    }
    for (Level& level : levels) {
      if (!level.touched.all().item<bool>()) level.gt_inds.slice(0, 0, 1).fill_(-1);
      if (level.touched.any().item<bool>()) level.gt_inds.slice(0, 1, 2).fill_(-1);
    }
    const torch::Tensor inside = anchor_inside_flags(input.priors, input.valid_flags, input.img_shape, input.allowed_border);
    result.gt_inds.masked_fill_(inside.logical_not(), -1);
    result.labels = assigned_labels(result.gt_inds, input.gt_labels);
    return result;
  }

 private:
  struct Level {
    torch::Tensor anchors;  ///< [n, 4] in strides
    torch::Tensor gt_inds;  ///< [n], a view of the result's
    double stride;          ///< px
    ImageSize size;
    torch::Tensor touched;  ///< [n] bool, which anchors lie in the region of an object of a neighbouring level

    /// Which anchors have their centre in the middle of `box` [4] px, which is scaled by `ratio` and rounded to whole strides.
    torch::Tensor inside(const torch::Tensor& box, double ratio) const {
      const double margin = (1 - ratio) / 2;
      const torch::Tensor on_map = box / stride;
      const auto bound = [&](std::int64_t near, std::int64_t far, std::int64_t largest) {
        return ((1 - margin) * on_map[near] + margin * on_map[far]).round().clamp(0, largest);
      };
      const torch::Tensor x = (anchors.select(1, 0) + anchors.select(1, 2)) * 0.5, y = (anchors.select(1, 1) + anchors.select(1, 3)) * 0.5;
      return (x >= bound(0, 2, size.width))
          .logical_and(x <= bound(2, 0, size.width))
          .logical_and(y >= bound(1, 3, size.height))
          .logical_and(y <= bound(3, 1, size.height));
    }
  };

  /// [G] the level whose anchors are as large as the object.
  static torch::Tensor target_levels(const AssignInput& input, std::int64_t num_levels) {
    const auto side = [&](std::int64_t i) { return input.gt_bboxes.select(1, i); };
    const torch::Tensor scale = ((side(2) - side(0)) * (side(3) - side(1))).sqrt();
    const torch::Tensor smallest = torch::full({1}, input.anchor_scale * input.anchor_strides.front(), scale.options());
    return (scale.log2() - smallest.log2() + 0.5).floor().clamp(0, num_levels - 1).to(torch::kLong).cpu();
  }

  Options options_;
};

DETFORGE_REGISTER(bbox_assigners, RegionAssigner,
                  {.name = "RegionAssigner",
                   .python = "mmdet.core.bbox.assigners.region_assigner.RegionAssigner",
                   .meaning = "anchors in the middle of an object to it"});

}  // namespace detforge
