#pragma once

#include "detforge/boxes/assigners/assigner.h"
#include "detforge/boxes/iou_calculators/iou_calculator.h"

namespace detforge {

/// Faster R-CNN's rule (arXiv 1506.01497): a prior belongs to the object that it overlaps most, by at least `pos_iou_thr`; is
/// background below `neg_iou_thr`, and neither between the two. Then each object takes the priors that overlap it most, if by at least
/// `min_pos_iou`, whatever they belonged to; among objects that want the same prior the last one gets it.
/// Priors that lie in an ignored region by more than `ignore_iof_thr` are neither. Of equal overlaps the first object counts.
class MaxIoUAssigner : public Assigner {
 public:
  struct Options {
    double pos_iou_thr = 0;
    std::variant<double, std::array<double, 2>> neg_iou_thr = 0.0;
    double min_pos_iou = 0;
    bool gt_max_assign_all = true;
    double ignore_iof_thr = -1;
    bool ignore_wrt_candidates = true;
    bool match_low_quality = true;
    std::int64_t gpu_assign_thr = -1;
    ConfigDict iou_calculator = {{"type", "BboxOverlaps2D"}};
  };
  static Arguments<Options> arguments();

  MaxIoUAssigner(const Options& options, const BuildContext& context);

  AssignResult assign(const AssignInput& input) const override;
  /// One overlap for `pos_iou_thr`, `neg_iou_thr` and `min_pos_iou`, for a head that changes them while it learns.
  void set_iou_threshold(double overlap);
  /// By the overlaps [G, B] of objects with priors alone; those below 0 count as no overlap at all.
  AssignResult assign_wrt_overlaps(const torch::Tensor& overlaps, const torch::Tensor& gt_labels) const;

 protected:
  const IoUCalculator& iou_calculator() const { return *iou_calculator_; }
  /// `overlaps` [G, B] with -1 for priors in ignored regions.
  torch::Tensor without_ignored(const torch::Tensor& overlaps, const torch::Tensor& priors, const torch::Tensor& gt_bboxes_ignore) const;
  /// `input` in the memory where it is to be assigned: the CPU's, where there are more objects than `gpu_assign_thr`.
  AssignInput placed(const AssignInput& input) const;

 private:
  Options options_;
  std::shared_ptr<IoUCalculator> iou_calculator_;
};

}  // namespace detforge
