#pragma once

#include <span>
#include <vector>

#include "detforge/models/roi_heads/bbox_heads/roi_bbox_head.h"

/// Several views of one image made one again: MMDetection's `merge_augs`.
namespace detforge {

/// The means of boxes, mapped back to the original image, and of scores; `views` hold the same N proposals each. Factors of
/// scores are left out, as the reference does.
ScoredBoxes merge_aug_bboxes(std::span<const ScoredBoxes> views, std::span<const ImageMeta> metas);

/// The mean of masks [N, ..., h, w], those of flipped views flipped back.
torch::Tensor merge_aug_masks(std::span<const torch::Tensor> views, std::span<const ImageMeta> metas);

}  // namespace detforge
