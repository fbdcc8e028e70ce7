#pragma once

#include "detforge/data/detections.h"
#include "detforge/models/roi_heads/bbox_heads/roi_bbox_head.h"
#include "detforge/models/roi_heads/rcnn_cfg.h"
#include "detforge/registry/build_context.h"

namespace detforge {

/// The detections that a test_cfg keeps of one image's boxes, best first. `rescale_by` is the (x, y, x, y) factor that boxes are
/// divided by before the suppression, none: they stay.
Detections rcnn_detections(const ScoredBoxes& found, std::int64_t num_classes, const RcnnTestCfg& config, Reference reference,
                           const std::optional<std::array<float, 4>>& rescale_by = std::nullopt);

/// The boxes [N, 4] and labels [N] of detections as tensors.
torch::Tensor boxes_tensor(const Detections& detections, const torch::TensorOptions& options);
torch::Tensor labels_tensor(const Detections& detections, torch::Device device);
/// `ImageMeta::scale_factor` as a tensor [4].
torch::Tensor scale_tensor(const ImageMeta& meta, const torch::TensorOptions& options);

/// Puts other boxes [N, 4] in the place of the detections' own.
void set_boxes(Detections& detections, const torch::Tensor& boxes);
/// Boxes of the original image in px of the network's input.
void scale_boxes(Detections& detections, const ImageMeta& meta);

/// Where the masks of an image's detections are drawn, and how.
struct MaskFrame {
  ImageSize size;          ///< of the masks
  torch::Tensor boxes;     ///< [N, 4] px of that frame
  double threshold = 0.5;  ///< probability from which on a pixel is inside
};

/// The frame for `boxes` [N, 4], px of the network's input: the original image where `rescale`, else the image as the network saw it.
MaskFrame mask_frame(const torch::Tensor& boxes, const ImageMeta& meta, bool rescale, double threshold);

/// Draws probabilities [N, h, w] into the frame.
std::vector<Rle> paste_masks(const torch::Tensor& probabilities, const MaskFrame& frame);

}  // namespace detforge
