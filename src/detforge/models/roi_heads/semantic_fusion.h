#pragma once

#include "detforge/models/roi_heads/mask_heads/semantic_head.h"
#include "detforge/models/roi_heads/roi_extractors/roi_extractor.h"
#include "detforge/models/training/targets.h"

namespace detforge {

/// Region features [N, C, h, w] plus those that `extractor` finds in a map [B, C, H, W] for `rois` [N, 5], averaged to h × w
/// where they are larger.
torch::Tensor add_semantic_features(const torch::Tensor& roi_feats, RoIExtractor& extractor, const torch::Tensor& semantic_feat,
                                    const torch::Tensor& rois);

/// `gt_semantic_seg`; throws `Error` where the batch has none.
const torch::Tensor& semantic_labels(const Targets& targets);

}  // namespace detforge
