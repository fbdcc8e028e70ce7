#include "detforge/boxes/assigners/assigner.h"
#include "detforge/boxes/bbox_overlaps.h"

namespace detforge {

/// YOLOX's rule (arXiv 2107.08430): an object takes the k predictions that cost least, where k is the sum of its `candidate_topk` largest
/// overlaps with them. Only points count that lie in some object or near its centre, up to `center_radius` strides; in both costs
/// much less. A prediction that several want belongs to the one that it costs least.
/// Priors are points (x, y, stride_x, stride_y). Reads `cls_scores` (after sigmoid) and `decoded_bboxes`.
class SimOTAAssigner : public Assigner {
 public:
  struct Options {
    double center_radius = 2.5;
    std::int64_t candidate_topk = 10;
    double iou_weight = 3.0;
    double cls_weight = 1.0;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::center_radius, "center_radius", "how far from a centre counts as near, in strides"),
            arg(&Options::candidate_topk, "candidate_topk", "so many overlaps say how many points an object takes").at_least(1),
            arg(&Options::iou_weight, "iou_weight", "weight of the overlap in the cost"),
            arg(&Options::cls_weight, "cls_weight", "weight of the class score in the cost")};
  }

  SimOTAAssigner(const Options& options, const BuildContext&) : options_(options) {}

  AssignResult assign(const AssignInput& input) const override {
    if (!input.cls_scores.defined() || !input.decoded_bboxes.defined() || !input.gt_labels.defined()) {
      throw Error("SimOTAAssigner needs predicted scores and boxes, and the classes of the objects");
    }
    const std::int64_t num_gts = input.gt_bboxes.size(0), num_points = input.decoded_bboxes.size(0);
    AssignResult result = assign_background(num_gts, num_points, input.decoded_bboxes, input.gt_labels);
    if (num_gts == 0 || num_points == 0) return result;
    const auto [valid, in_both] = geometry(input.priors, input.gt_bboxes);
    if (valid.size(0) == 0) return result;
    const torch::Tensor overlaps = bbox_overlaps(input.decoded_bboxes.index_select(0, valid), input.gt_bboxes);
    const torch::Tensor cost = costs(input.cls_scores.index_select(0, valid), input.gt_labels, overlaps, in_both);
    const torch::Tensor matches = dynamic_k_matching(cost, overlaps);  // [V, G] 0 or 1

    const torch::Tensor taken = matches.sum(1).nonzero().view({-1});
    const torch::Tensor points = valid.index_select(0, taken);
    result.gt_inds.index_copy_(0, points, matches.index_select(0, taken).argmax(1) + 1);
    result.labels = assigned_labels(result.gt_inds, input.gt_labels);
    result.max_overlaps = torch::full_like(result.max_overlaps, -unlikely);
    result.max_overlaps.index_copy_(0, points, (matches * overlaps).sum(1).index_select(0, taken));
    return result;
  }

 private:
  static constexpr double unlikely = 100000;

  /// The points [V] that lie in some object or near a centre, and which of them lie in both of which object: [V, G].
  std::pair<torch::Tensor, torch::Tensor> geometry(const torch::Tensor& points, const torch::Tensor& gt_bboxes) const {
    const auto column = [&](std::int64_t i) { return points.slice(1, i, i + 1); };
    const auto side = [&](std::int64_t i) { return gt_bboxes.select(1, i); };
    const auto inside = [&](const torch::Tensor& x1, const torch::Tensor& y1, const torch::Tensor& x2, const torch::Tensor& y2) {
      return (column(0) - x1 > 0).logical_and(column(1) - y1 > 0).logical_and(x2 - column(0) > 0).logical_and(y2 - column(1) > 0);
    };
    const torch::Tensor in_gts = inside(side(0), side(1), side(2), side(3));
    const torch::Tensor x = (side(0) + side(2)) / 2.0, y = (side(1) + side(3)) / 2.0;
    const torch::Tensor x_radius = options_.center_radius * column(2), y_radius = options_.center_radius * column(3);
    const torch::Tensor in_centers = inside(x - x_radius, y - y_radius, x + x_radius, y + y_radius);
    const torch::Tensor valid = in_gts.logical_or(in_centers).any(1).nonzero().view({-1});
    return {valid, in_gts.logical_and(in_centers).index_select(0, valid)};
  }

  /// [V, G]
  torch::Tensor costs(const torch::Tensor& scores, const torch::Tensor& gt_labels, const torch::Tensor& overlaps,
                      const torch::Tensor& in_both) const {
    constexpr double eps = 1e-7;
    const torch::Tensor wanted = torch::one_hot(gt_labels.to(torch::kLong), scores.size(1)).to(torch::kFloat).unsqueeze(0);
    const std::vector<std::int64_t> shape = {scores.size(0), gt_labels.size(0), scores.size(1)};
    const torch::Tensor of_classes = torch::binary_cross_entropy(scores.to(torch::kFloat).sqrt().unsqueeze(1).expand(shape).contiguous(),
                                                                 wanted.expand(shape).contiguous(), {}, torch::Reduction::None);
    const torch::Tensor of_overlaps = -(overlaps + eps).log();
    return of_classes.sum(-1) * options_.cls_weight + of_overlaps * options_.iou_weight + in_both.logical_not() * unlikely;
  }

  torch::Tensor dynamic_k_matching(const torch::Tensor& cost, const torch::Tensor& overlaps) const {
    torch::Tensor matches = torch::zeros_like(cost, torch::kByte);
    const std::int64_t candidates = std::min(options_.candidate_topk, overlaps.size(0));
    const torch::Tensor counts = std::get<0>(overlaps.topk(candidates, 0)).sum(0).to(torch::kInt).clamp_min(1).cpu();
    for (std::int64_t gt = 0; gt < cost.size(1); ++gt) {
      const torch::Tensor cheapest = std::get<1>(cost.select(1, gt).topk(counts[gt].item<std::int64_t>(), 0, /*largest=*/false));
      matches.select(1, gt).index_fill_(0, cheapest, 1);
    }
    const torch::Tensor contested = (matches.sum(1) > 1).unsqueeze(1);
    const torch::Tensor cheapest_gt = torch::zeros_like(matches).scatter_(1, cost.argmin(1, /*keepdim=*/true), 1);
    return torch::where(contested, cheapest_gt, matches);
  }

  Options options_;
};

DETFORGE_REGISTER(bbox_assigners, SimOTAAssigner,
                  {.name = "SimOTAAssigner",
                   .python = "mmdet.core.bbox.assigners.sim_ota_assigner.SimOTAAssigner",
                   .meaning = "predictions to objects at the least cost",
                   .since = Reference::V2_27});

}  // namespace detforge
