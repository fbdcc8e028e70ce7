#include "detforge/models/postprocessing/mask_matrix_nms.h"

namespace detforge {
namespace {

/// What is left of each mask's score: [N] of masks in the order of their scores.
torch::Tensor matrix_nms_decay(const torch::Tensor& masks, const torch::Tensor& labels, const torch::Tensor& areas,
                               const MatrixNmsOptions& options) {
  const torch::Tensor flat = masks.flatten(1).to(torch::kFloat);
  const torch::Tensor overlap = flat.mm(flat.t());
  const torch::Tensor united = areas.unsqueeze(0) + areas.unsqueeze(1) - overlap;
  const torch::Tensor same_class = labels.unsqueeze(0).eq(labels.unsqueeze(1)).to(torch::kFloat);
  const torch::Tensor iou = (overlap / united).triu(1) * same_class.triu(1);  // [i, j]: of j with the better i
  const torch::Tensor compensation = iou.amax(0).unsqueeze(1);                // how far i has fallen itself
  if (options.kernel == MatrixNmsKernel::Linear) return ((1 - iou) / (1 - compensation)).amin(0);
  const auto gauss = [&](const torch::Tensor& x) { return torch::exp(-options.sigma * x.square()); };
  return (gauss(iou) / gauss(compensation)).amin(0);
}

torch::Tensor matrix_nms_order(const torch::Tensor& scores, std::int64_t largest_count) {
  const torch::Tensor order = std::get<1>(scores.sort(/*stable=*/true, 0, /*descending=*/true));
  return largest_count > 0 ? order.slice(0, 0, largest_count) : order;
}

}  // namespace

MatrixNmsResult mask_matrix_nms(const torch::Tensor& masks, const torch::Tensor& labels, const torch::Tensor& scores,
                                const MatrixNmsOptions& options, const torch::Tensor& areas) {
  if (scores.size(0) == 0) return {scores, labels, masks, torch::zeros({0}, scores.options().dtype(torch::kLong))};
  const torch::Tensor all_areas = areas.defined() ? areas : masks.sum(torch::IntArrayRef{1, 2}).to(torch::kFloat);
  torch::Tensor kept = matrix_nms_order(scores, options.nms_pre);
  torch::Tensor lowered =
      scores.index({kept}) * matrix_nms_decay(masks.index({kept}), labels.index({kept}), all_areas.index({kept}), options);
  if (options.filter_thr > 0) {
    const torch::Tensor enough = lowered.ge(options.filter_thr);
    kept = kept.index({enough});
    lowered = lowered.index({enough});
  }
  const torch::Tensor order = matrix_nms_order(lowered, options.max_num);
  kept = kept.index({order});
  return {lowered.index({order}), labels.index({kept}), masks.index({kept}), kept};
}

}  // namespace detforge
