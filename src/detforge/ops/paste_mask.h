#pragma once

#include <torch/torch.h>

#include <vector>

#include "detforge/data/masks/rle.h"

namespace detforge::ops {

/// From the probability maps `maps` [N, h, w] (any type and device) of the boxes [N, 4] (xyxy, px of the image) to the masks of the image:
/// the pixels whose probability is at least `threshold`, as `kernels/paste_mask.h` has it. Throws `Error` for wrong sizes.
std::vector<Rle> paste_masks(const torch::Tensor& maps, const torch::Tensor& boxes, std::int64_t image_height, std::int64_t image_width,
                             double threshold);

/// The probabilities [N, image_height, image_width] with ATen's `grid_sampler`, on any device: the definition, which does not stop a
/// pixel outside of the box.
torch::Tensor paste_masks_reference(const torch::Tensor& maps, const torch::Tensor& boxes, std::int64_t image_height,
                                    std::int64_t image_width);

}  // namespace detforge::ops
