#pragma once

#include <span>

#include "detforge/boxes/samplers/sampler.h"
#include "detforge/data/masks/instance_masks.h"
#include "detforge/models/roi_heads/rcnn_cfg.h"

namespace detforge {

/// What mask heads learn of each positive sample: its object's mask inside the region, resized to the train_cfg's `mask_size`,
/// [P, h, w] of 0 and 1, or between them with `soft_mask_target`. `gt_masks`: one entry per image, as many masks as objects.
/// Throws `Error` where they are missing.
torch::Tensor mask_target(std::span<const SamplingResult> samples, std::span<const InstanceMasks> gt_masks, const RcnnTrainCfg& config);

}  // namespace detforge
