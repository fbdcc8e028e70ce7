#pragma once

#include <torch/torch.h>

#include "detforge/kernels/roi_pool.h"

namespace detforge::ops {

using kernels::RoIPoolOptions;

/// RoIPool (arXiv 1504.08083) as torchvision has it: the largest value of each bin of a region's whole pixels.
///
/// `input` [N, C, H, W]; `rois` [K, 5]: place in the batch, xyxy with inclusive ends, times `spatial_scale` in pixels of `input` →
/// [K, C, output_height, output_width], 0 where a bin is outside of the map. Of equal values the first, by rows, gets the gradient.
/// Throws `Error` for wrong sizes, places outside of the batch, and boxes that are not finite or absurdly large.
torch::Tensor roi_pool(const torch::Tensor& input, const torch::Tensor& rois, const RoIPoolOptions& options);

/// The same out of ATen's operators, on any device: the definition.
torch::Tensor roi_pool_reference(const torch::Tensor& input, const torch::Tensor& rois, const RoIPoolOptions& options);

}  // namespace detforge::ops
