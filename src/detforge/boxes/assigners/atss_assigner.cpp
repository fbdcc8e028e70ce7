#include "detforge/boxes/assigners/assigner.h"
#include "detforge/boxes/assigners/center_candidates.h"
#include "detforge/boxes/iou_calculators/iou_calculator.h"

namespace detforge {

/// ATSS (arXiv 1912.02424): candidates of an object are the `topk` priors of each level whose centres are nearest to its own. It takes
/// those that overlap it by at least the mean plus the standard deviation of all candidates' overlaps and have their centre in it;
/// a prior that several want belongs to the one that it overlaps most. Priors in ignored regions by more than `ignore_iof_thr` are
/// neither. Reads `num_level_priors`; with `alpha` (DDOD, arXiv 2107.02963) overlaps are those of `decoded_bboxes`, mixed with
/// the sigmoid of `cls_scores`.
class ATSSAssigner : public Assigner {
 public:
  struct Options {
    std::int64_t topk = 0;
    std::optional<double> alpha;
    ConfigDict iou_calculator = {{"type", "BboxOverlaps2D"}};
    double ignore_iof_thr = -1;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::topk, "topk", required, "candidates of each level").at_least(1),
            arg(&Options::alpha, "alpha", "exponent of the predictions' overlaps; None: the priors' overlaps count").since_v2_27(),
            arg(&Options::iou_calculator, "iou_calculator", "how overlaps are computed").built_by("IOU_CALCULATORS"),
            arg(&Options::ignore_iof_thr, "ignore_iof_thr", "a prior is neither, of which more lies in an ignored region; -1: none is")};
  }

  ATSSAssigner(const Options& options, const BuildContext& context)
      : options_(options), iou_calculator_(iou_calculators().build(options.iou_calculator, context.child("iou_calculator"))) {}

  AssignResult assign(const AssignInput& input) const override {
    const std::int64_t num_gts = input.gt_bboxes.size(0), num_priors = input.priors.size(0);
    if (num_gts == 0 || num_priors == 0) return assign_background(num_gts, num_priors, input.priors, input.gt_labels);
    const torch::Tensor priors = input.priors.slice(1, 0, 4);
    const torch::Tensor overlaps = quality(input, priors);
    torch::Tensor gt_inds = torch::zeros({num_priors}, priors.options().dtype(torch::kLong));

    torch::Tensor distances = (center(priors).unsqueeze(1) - center(input.gt_bboxes).unsqueeze(0)).pow(2).sum(-1).sqrt();
    if (options_.ignore_iof_thr > 0 && input.gt_bboxes_ignore.defined() && input.gt_bboxes_ignore.numel() > 0) {
      const torch::Tensor covered = iou_calculator_->overlaps(priors, input.gt_bboxes_ignore, OverlapMode::Iof).amax(1);
      const torch::Tensor ignored = covered > options_.ignore_iof_thr;
      distances = distances.masked_fill(ignored.unsqueeze(1), -no_candidate_overlap);
      gt_inds.masked_fill_(ignored, -1);
    }
    const torch::Tensor candidates = nearest(distances, input.num_level_priors);
    const torch::Tensor candidate_overlaps = overlaps.gather(0, candidates);
    const torch::Tensor threshold = candidate_overlaps.mean(0) + candidate_overlaps.std(0);
    const torch::Tensor wanted =
        overlaps_of_candidates(overlaps, candidates, candidate_overlaps >= threshold.unsqueeze(0), priors, input.gt_bboxes);
    const auto [max_overlaps, best_gt] = wanted.max(1);
    gt_inds = torch::where(max_overlaps != no_candidate_overlap, best_gt + 1, gt_inds);
    return {.num_gts = num_gts, .gt_inds = gt_inds, .max_overlaps = max_overlaps, .labels = assigned_labels(gt_inds, input.gt_labels)};
  }

 private:
  static torch::Tensor center(const torch::Tensor& boxes) { return (boxes.slice(1, 0, 2) + boxes.slice(1, 2, 4)) / 2.0; }

  torch::Tensor quality(const AssignInput& input, const torch::Tensor& priors) const {
    if (!options_.alpha) return iou_calculator_->overlaps(priors, input.gt_bboxes);
    if (!input.cls_scores.defined() || !input.decoded_bboxes.defined() || !input.gt_labels.defined()) {
      throw Error("ATSSAssigner with alpha needs predicted scores and boxes, and the classes of the objects");
    }
    const torch::Tensor scores = input.cls_scores.index_select(1, input.gt_labels).sigmoid();
    const torch::Tensor overlaps = iou_calculator_->overlaps(input.decoded_bboxes, input.gt_bboxes);
    return scores.pow(1 - *options_.alpha) * overlaps.pow(*options_.alpha);
  }

  /// The indices [K, G] of the `topk` priors of each level with the smallest `distances` [B, G].
  torch::Tensor nearest(const torch::Tensor& distances, const std::vector<std::int64_t>& num_level_priors) const {
    std::vector<torch::Tensor> candidates;
    std::int64_t start = 0;
    for (const std::int64_t count : num_level_priors) {
      const torch::Tensor level = distances.slice(0, start, start + count);
      candidates.push_back(std::get<1>(level.topk(std::min(options_.topk, count), 0, /*largest=*/false)) + start);
      start += count;
    }
    if (start != distances.size(0)) throw Error("ATSSAssigner needs the number of priors of each level");
    return torch::cat(candidates);
  }

  Options options_;
  std::shared_ptr<IoUCalculator> iou_calculator_;
};

DETFORGE_REGISTER(bbox_assigners, ATSSAssigner,
                  {.name = "ATSSAssigner",
                   .python = "mmdet.core.bbox.assigners.atss_assigner.ATSSAssigner",
                   .meaning = "to near objects by a threshold that each object has of its own"});

}  // namespace detforge
