#include "detforge/models/postprocessing/fast_nms.h"

#include "detforge/boxes/bbox_overlaps.h"

namespace detforge {

FastNmsResult fast_nms(const torch::Tensor& boxes_xyxy, const torch::Tensor& scores, const torch::Tensor& coeffs,
                       const FastNmsOptions& options) {
  const torch::Tensor by_class = scores.slice(1, 0, scores.size(1) - 1).t();
  const auto [sorted, order] = by_class.sort(/*stable=*/true, 1, /*descending=*/true);
  const torch::Tensor top_scores = sorted.slice(1, 0, options.top_k), top = order.slice(1, 0, options.top_k);
  const torch::Tensor boxes = boxes_xyxy.index({top});  // [classes, k, 4]
  if (boxes.size(1) == 0) return {boxes_xyxy, scores.new_zeros({0}), top.flatten(), coeffs};
  const torch::Tensor worst = bbox_overlaps(boxes, boxes).triu(1).amax(1);
  const torch::Tensor kept = worst.le(options.iou_thr).logical_and(top_scores.gt(options.score_thr));
  const torch::Tensor classes = torch::arange(top.size(0), top.options()).unsqueeze(1).expand_as(top);
  const auto [best_scores, best] = top_scores.index({kept}).sort(/*stable=*/true, 0, /*descending=*/true);
  const std::int64_t count = options.max_num > 0 ? std::min(options.max_num, best.size(0)) : best.size(0);
  const torch::Tensor chosen = best.slice(0, 0, count), places = top.index({kept}).index({chosen});
  return {boxes_xyxy.index({places}), best_scores.slice(0, 0, count), classes.index({kept}).index({chosen}), coeffs.index({places})};
}

}  // namespace detforge
