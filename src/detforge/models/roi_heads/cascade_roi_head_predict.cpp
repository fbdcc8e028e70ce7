#include "detforge/boxes/bbox_transforms.h"
#include "detforge/models/roi_heads/cascade_roi_head.h"
#include "detforge/models/roi_heads/merge_augs.h"

/// How CascadeRoIHead makes detections of one view of an image, and of several.
namespace detforge {

CascadeRoIHead::Scored CascadeRoIHead::run_stages(const ImageFeatures& image, torch::Tensor rois, std::span<const std::int64_t> counts,
                                                  std::span<const ImageMeta> metas) {
  torch::Tensor score_sum;
  BBoxOutputs outputs;
  for (std::size_t stage = 0; stage < num_stages(); ++stage) {
    const RoIBBoxHead& head = bbox_head(stage);
    outputs = bbox_forward(stage, image, rois).outputs;
    score_sum = stage == 0 ? outputs.cls_score : score_sum + outputs.cls_score;
    if (stage + 1 == num_stages()) break;
    const torch::Tensor labels = head.comparable_scores(outputs.cls_score).slice(1, 0, head.num_classes()).argmax(1);
    std::vector<torch::Tensor> boxes;
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const std::int64_t end = begin + counts[i];
      boxes.push_back(
          head.regress_by_class(rois.slice(0, begin, end).slice(1, 1), labels.slice(0, begin, end), outputs.slice(begin, end), metas[i]));
      begin = end;
    }
    rois = bbox2roi(boxes);
  }
  outputs.cls_score = score_sum / static_cast<double>(num_stages());
  return {rois, outputs};
}

std::vector<Detections> CascadeRoIHead::predict(const nn::Features& features, const Proposals& proposals, std::span<const ImageMeta> metas,
                                                bool rescale) {
  std::vector<Detections> found(proposals.size());
  const torch::Tensor rois = bbox2roi(proposals);
  const ImageFeatures image = image_features(features);
  if (rois.size(0) == 0) return found;
  std::vector<std::int64_t> counts;
  for (const torch::Tensor& of_image : proposals) counts.push_back(of_image.size(0));
  const Scored scored = run_stages(image, rois, counts, metas);
  const RoIBBoxHead& last = bbox_head(num_stages() - 1);
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    const std::int64_t end = begin + counts[i];
    found[i] = rcnn_detections(last.get_bboxes(scored.rois.slice(0, begin, end), scored.outputs.slice(begin, end), metas[i]),
                               last.num_classes(), test_cfg(), reference_, rescale ? std::optional(metas[i].scale_factor) : std::nullopt);
    begin = end;
  }
  if (with_mask()) predict_masks(image, metas, rescale, found);
  return found;
}

std::vector<torch::Tensor> CascadeRoIHead::mask_probabilities(const ImageFeatures& image, const torch::Tensor& rois,
                                                              const torch::Tensor& labels) {
  std::vector<torch::Tensor> probabilities;
  for (const torch::Tensor& masks : mask_forward(image, rois)) probabilities.push_back(mask_head(0).masks_of(masks, labels).sigmoid());
  return probabilities;
}

void CascadeRoIHead::predict_masks(const ImageFeatures& image, std::span<const ImageMeta> metas, bool rescale,
                                   std::span<Detections> found) {
  const double threshold = mask_threshold(test_cfg(), python_name());
  const auto options = image.levels.front().options();
  std::vector<torch::Tensor> boxes, labels;
  for (std::size_t i = 0; i < found.size(); ++i) {
    boxes.push_back(boxes_tensor(found[i], options));
    if (rescale) boxes.back() = boxes.back() * scale_tensor(metas[i], options);
    labels.push_back(labels_tensor(found[i], options.device()));
  }
  const torch::Tensor rois = bbox2roi(boxes);
  if (rois.size(0) == 0) return;
  const torch::Tensor probabilities = torch::stack(mask_probabilities(image, rois, torch::cat(labels))).mean(0);
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::int64_t end = begin + boxes[i].size(0);
    found[i].masks = paste_masks(probabilities.slice(0, begin, end), mask_frame(boxes[i], metas[i], rescale, threshold));
    begin = end;
  }
}

Detections CascadeRoIHead::aug_predict(std::span<const nn::Features> views, const torch::Tensor& proposals,
                                       std::span<const ImageMeta> metas, bool) {
  if (proposals.size(0) == 0) return {};
  const RoIBBoxHead& last = bbox_head(num_stages() - 1);
  std::vector<ImageFeatures> images;
  std::vector<ScoredBoxes> scored;
  for (std::size_t view = 0; view < views.size(); ++view) {
    images.push_back(image_features(views[view]));
    const torch::Tensor rois = bbox2roi(std::array{bbox_mapping(proposals.slice(1, 0, 4), metas[view])});
    const Scored of_view = run_stages(images.back(), rois, std::array{rois.size(0)}, metas.subspan(view, 1));
    scored.push_back(last.get_bboxes(of_view.rois, of_view.outputs, metas[view]));
  }
  Detections found = rcnn_detections(merge_aug_bboxes(scored, metas), last.num_classes(), test_cfg(), reference_);
  if (!with_mask() || found.size() == 0) return found;
  const torch::Tensor boxes = boxes_tensor(found, views.front().front().options());
  const torch::Tensor labels = labels_tensor(found, boxes.device());
  std::vector<torch::Tensor> masks;
  std::vector<ImageMeta> mask_metas;
  for (std::size_t view = 0; view < views.size(); ++view) {
    const torch::Tensor rois = bbox2roi(std::array{bbox_mapping(boxes, metas[view])});
    for (const torch::Tensor& probabilities : mask_probabilities(images[view], rois, labels)) {
      masks.push_back(probabilities);
      mask_metas.push_back(metas[view]);
    }
  }
  found.masks =
      paste_masks(merge_aug_masks(masks, mask_metas), {metas.front().ori_shape, boxes, mask_threshold(test_cfg(), python_name())});
  return found;
}

}  // namespace detforge
