#pragma once

#include <torch/torch.h>

#include <vector>

#include "detforge/data/masks/instance_masks.h"

namespace detforge {

/// The pixels of masks: [G, H, W] float, 0 or 1.
torch::Tensor mask_pixels(const InstanceMasks& masks);

/// The masks [N, H, W] of any type and device; everything but 0 is inside.
std::vector<Rle> rles_of(const torch::Tensor& masks);

}  // namespace detforge
