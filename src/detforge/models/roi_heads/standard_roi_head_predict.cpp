#include "detforge/boxes/bbox_transforms.h"
#include "detforge/models/roi_heads/merge_augs.h"
#include "detforge/models/roi_heads/standard_roi_head.h"

/// How StandardRoIHead makes detections of one view of an image, and of several.
namespace detforge {

std::vector<Detections> StandardRoIHead::predict_boxes(const nn::Features& features, const Proposals& proposals,
                                                       std::span<const ImageMeta> metas, bool rescale) {
  const torch::Tensor rois = bbox2roi(proposals);
  std::vector<Detections> found(proposals.size());
  if (rois.size(0) == 0) return found;
  const BBoxForward forward = bbox_forward(features, rois);
  std::int64_t begin = 0;
  for (std::size_t image = 0; image < proposals.size(); ++image) {
    const std::int64_t end = begin + proposals[image].size(0);
    const ScoredBoxes scored = bbox_head().get_bboxes(rois.slice(0, begin, end), forward.outputs.slice(begin, end), metas[image]);
    found[image] = rcnn_detections(scored, bbox_head().num_classes(), test_cfg(), reference_,
                                   rescale ? std::optional(metas[image].scale_factor) : std::nullopt);
    begin = end;
  }
  return found;
}

std::vector<Detections> StandardRoIHead::predict(const nn::Features& features, const Proposals& proposals, std::span<const ImageMeta> metas,
                                                 bool rescale) {
  std::vector<Detections> found = predict_boxes(features, proposals, metas, rescale);
  if (with_mask()) predict_masks(features, metas, rescale, found);
  return found;
}

StandardRoIHead::MaskForward StandardRoIHead::mask_predictions(const nn::Features& features, const torch::Tensor& rois,
                                                               const torch::Tensor&, std::size_t) {
  return mask_forward(features, rois);
}

void StandardRoIHead::score_masks(const MaskForward&, const torch::Tensor&, std::span<Detections>) {}

void StandardRoIHead::predict_masks(const nn::Features& features, std::span<const ImageMeta> metas, bool rescale,
                                    std::span<Detections> found) {
  const double threshold = mask_threshold(test_cfg(), python_name());
  std::vector<torch::Tensor> boxes, labels;
  for (std::size_t image = 0; image < found.size(); ++image) {
    boxes.push_back(boxes_tensor(found[image], features.front().options()));
    if (rescale) boxes.back() = boxes.back() * scale_tensor(metas[image], boxes.back().options());
    labels.push_back(labels_tensor(found[image], features.front().device()));
  }
  const torch::Tensor rois = bbox2roi(boxes);
  if (rois.size(0) == 0) return;
  const torch::Tensor all_labels = torch::cat(labels);
  const MaskForward masks = mask_predictions(features, rois, all_labels, found.size());
  const torch::Tensor probabilities = mask_head().masks_of(masks.mask_pred, all_labels).sigmoid();
  std::int64_t begin = 0;
  for (std::size_t image = 0; image < found.size(); ++image) {
    const std::int64_t end = begin + boxes[image].size(0);
    found[image].masks = paste_masks(probabilities.slice(0, begin, end), mask_frame(boxes[image], metas[image], rescale, threshold));
    begin = end;
  }
  score_masks(masks, all_labels, found);
}

ScoredBoxes StandardRoIHead::aug_boxes(const nn::Features& view, const torch::Tensor& proposals, const ImageMeta& meta) {
  const torch::Tensor rois = bbox2roi(std::array{bbox_mapping(proposals.slice(1, 0, 4), meta)});
  return bbox_head().get_bboxes(rois, bbox_forward(view, rois).outputs, meta);
}

Detections StandardRoIHead::merged_boxes(std::span<const nn::Features> views, const torch::Tensor& proposals,
                                         std::span<const ImageMeta> metas) {
  std::vector<ScoredBoxes> scored;
  for (std::size_t view = 0; view < views.size(); ++view) scored.push_back(aug_boxes(views[view], proposals, metas[view]));
  return rcnn_detections(merge_aug_bboxes(scored, metas), bbox_head().num_classes(), test_cfg(), reference_);
}

void StandardRoIHead::merge_masks(std::span<const nn::Features> views, std::span<const ImageMeta> metas, Detections& found) {
  const torch::Tensor boxes = boxes_tensor(found, views.front().front().options());
  const torch::Tensor labels = labels_tensor(found, boxes.device());
  std::vector<torch::Tensor> masks;
  for (std::size_t view = 0; view < views.size(); ++view) {
    const torch::Tensor rois = bbox2roi(std::array{bbox_mapping(boxes, metas[view])});
    masks.push_back(mask_head().masks_of(mask_predictions(views[view], rois, labels, 1).mask_pred, labels).sigmoid());
  }
  found.masks = paste_masks(merge_aug_masks(masks, metas), {metas.front().ori_shape, boxes, mask_threshold(test_cfg(), python_name())});
}

Detections StandardRoIHead::aug_predict(std::span<const nn::Features> views, const torch::Tensor& proposals,
                                        std::span<const ImageMeta> metas, bool rescale) {
  if (proposals.size(0) == 0) return {};
  Detections found = merged_boxes(views, proposals, metas);
  if (with_mask() && found.size() > 0) merge_masks(views, metas, found);
  if (!rescale) scale_boxes(found, metas.front());
  return found;
}

}  // namespace detforge
