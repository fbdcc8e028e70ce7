#include "detforge/models/roi_heads/rcnn_detections.h"

#include <cmath>

#include "detforge/kernels/class_candidates.h"
#include "detforge/models/dense_heads/parts/dense_head.h"
#include "detforge/ops/paste_mask.h"

namespace detforge {
namespace {

torch::Tensor rcnn_on_cpu(const torch::Tensor& tensor) { return tensor.detach().to(torch::kCPU, torch::kFloat).contiguous(); }

}  // namespace

Detections rcnn_detections(const ScoredBoxes& found, std::int64_t num_classes, const RcnnTestCfg& config, Reference reference,
                           const std::optional<std::array<float, 4>>& rescale_by) {
  const torch::Tensor scores = rcnn_on_cpu(found.scores);
  const torch::Tensor boxes = rcnn_on_cpu(found.boxes).view({-1, 4});
  const torch::Tensor factors = found.score_factors.defined() ? rcnn_on_cpu(found.score_factors) : torch::empty({0});
  kernels::Candidates candidates;
  collect_candidates({.num_classes = num_classes, .scores = values_of(scores), .boxes = boxes_of(boxes), .factors = values_of(factors)},
                     {.score_thr = config.score_thr, .factors_come_first = reference == Reference::V2_8}, candidates);
  if (rescale_by) kernels::rescale(candidates, *rescale_by);
  return select_detections(candidates, config.nms, config.max_per_img);
}

torch::Tensor boxes_tensor(const Detections& detections, const torch::TensorOptions& options) {
  const torch::Tensor boxes = torch::empty({static_cast<std::int64_t>(detections.size()), 4});
  std::copy(detections.boxes_xyxy.begin(), detections.boxes_xyxy.end(), reinterpret_cast<BoxXyxy*>(boxes.data_ptr<float>()));
  return boxes.to(options);
}

torch::Tensor labels_tensor(const Detections& detections, torch::Device device) {
  return torch::tensor(detections.labels, torch::kLong).to(device);
}

torch::Tensor scale_tensor(const ImageMeta& meta, const torch::TensorOptions& options) {
  return torch::tensor(at::ArrayRef<float>(meta.scale_factor.data(), meta.scale_factor.size())).to(options);
}

void set_boxes(Detections& detections, const torch::Tensor& boxes) {
  const torch::Tensor rows = rcnn_on_cpu(boxes);
  const auto corners = boxes_of(rows);
  detections.boxes_xyxy.assign(corners.begin(), corners.end());
}

void scale_boxes(Detections& detections, const ImageMeta& meta) {
  for (BoxXyxy& box : detections.boxes_xyxy) {
    for (std::size_t i = 0; i < box.size(); ++i) box[i] *= meta.scale_factor[i];
  }
}

MaskFrame mask_frame(const torch::Tensor& boxes, const ImageMeta& meta, bool rescale, double threshold) {
  if (rescale) return {meta.ori_shape, boxes / scale_tensor(meta, boxes.options()), threshold};
  const auto scaled = [](std::int64_t length, float factor) {
    return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(length) * static_cast<double>(factor)));
  };
  return {{scaled(meta.ori_shape.height, meta.scale_factor[1]), scaled(meta.ori_shape.width, meta.scale_factor[0])}, boxes, threshold};
}

std::vector<Rle> paste_masks(const torch::Tensor& probabilities, const MaskFrame& frame) {
  return ops::paste_masks(probabilities, frame.boxes, frame.size.height, frame.size.width, frame.threshold);
}

}  // namespace detforge
