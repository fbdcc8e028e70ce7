#pragma once

#include <torch/torch.h>

#include <span>

#include "detforge/data/image_meta.h"

namespace detforge::ops {

/// What deformable attention reads of several maps (arXiv 2010.04159). `value` [N, S, heads, C], the pixels of maps of `spatial_shapes`,
/// one map after the other, row by row; `locations` [N, L, heads, levels, points, 2] (x, y) from 0 to 1 over each map; `weights` [N, L,
/// heads, levels, points] → [N, L, heads · C]: for each query and head the sum over all points of weight times what the map holds there,
/// between pixels, 0 outside of the map. Throws `Error` for sizes that do not fit.
torch::Tensor multi_scale_deform_attn(const torch::Tensor& value, std::span<const ImageSize> spatial_shapes, const torch::Tensor& locations,
                                      const torch::Tensor& weights);

/// The same out of ATen's operators, on any device: the definition.
torch::Tensor multi_scale_deform_attn_reference(const torch::Tensor& value, std::span<const ImageSize> spatial_shapes,
                                                const torch::Tensor& locations, const torch::Tensor& weights);

}  // namespace detforge::ops
