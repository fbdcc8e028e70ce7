#include "detforge/boxes/assigners/assigner.h"

namespace detforge {

/// RepPoints' rule (arXiv 1904.11490): an object takes the `pos_num` points of the level of its size that are nearest to its centre,
/// measured in its width and height; a point that several want belongs to the nearest of them. Priors are points (x, y, stride).
class PointAssigner : public Assigner {
 public:
  struct Options {
    double scale = 4;
    std::int64_t pos_num = 3;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::scale, "scale", "size of an object in strides of its level"),
            arg(&Options::pos_num, "pos_num", "so many points belong to an object").at_least(1)};
  }

  PointAssigner(const Options& options, const BuildContext&) : options_(options) {}

  AssignResult assign(const AssignInput& input) const override {
    const std::int64_t num_gts = input.gt_bboxes.size(0), num_points = input.priors.size(0);
    AssignResult result = assign_background(num_gts, num_points, input.priors, input.gt_labels);
    result.max_overlaps = torch::Tensor();
    if (num_gts == 0 || num_points == 0) return result;
    const torch::Tensor xy = input.priors.slice(1, 0, 2);
    const torch::Tensor levels = input.priors.select(1, 2).log2().to(torch::kInt);
    const torch::Tensor centers = (input.gt_bboxes.slice(1, 0, 2) + input.gt_bboxes.slice(1, 2, 4)) / 2;
    const torch::Tensor sizes = (input.gt_bboxes.slice(1, 2, 4) - input.gt_bboxes.slice(1, 0, 2)).clamp_min(1e-6);
    const torch::Tensor logarithms = (sizes / options_.scale).log2();
    const torch::Tensor gt_levels =
        ((logarithms.select(1, 0) + logarithms.select(1, 1)) / 2).to(torch::kInt).clamp(levels.min().item(), levels.max().item());

    torch::Tensor nearest = torch::full_like(input.priors.select(1, 0), std::numeric_limits<double>::infinity());
    for (std::int64_t gt = 0; gt < num_gts; ++gt) {
      const torch::Tensor candidates = (levels == gt_levels[gt]).nonzero().view({-1});
      const torch::Tensor distances = ((xy.index_select(0, candidates) - centers[gt]) / sizes[gt]).norm(2, 1);
      const auto [shortest, order] = distances.topk(std::min(options_.pos_num, distances.size(0)), 0, /*largest=*/false);
      const torch::Tensor points = candidates.index_select(0, order);
      const torch::Tensor nearer = shortest < nearest.index_select(0, points);
      const torch::Tensor taken = points.masked_select(nearer);
      result.gt_inds.index_fill_(0, taken, gt + 1);
      nearest.index_copy_(0, taken, shortest.masked_select(nearer));
    }
    result.labels = assigned_labels(result.gt_inds, input.gt_labels);
    return result;
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(bbox_assigners, PointAssigner,
                  {.name = "PointAssigner",
                   .python = "mmdet.core.bbox.assigners.point_assigner.PointAssigner",
                   .meaning = "points to the object whose centre they are nearest to"});

}  // namespace detforge
