#pragma once

#include <torch/torch.h>

/// Values of feature maps at points, as PointRend reads them (arXiv 1912.08193). Points are (x, y) with 0 and 1 at the borders.
namespace detforge::ops {

/// Bilinear values of `input` [N, C, H, W] at `points` [N, P, 2] → [N, C, P], or at [N, h, w, 2] → [N, C, h, w]; zeros outside.
torch::Tensor point_sample(const torch::Tensor& input, const torch::Tensor& points, bool align_corners = false);

/// Points [N, P, 2] of regions `rois` [N, 5] (image, xyxy px), as points of a feature map of height × width whose pixels are
/// 1 / `spatial_scale` px apart. Without gradient.
torch::Tensor roi_points_in_map(const torch::Tensor& rois, const torch::Tensor& points, std::int64_t height, std::int64_t width,
                                double spatial_scale = 1);

/// The middles of the cells of a height × width grid, row by row: [height · width, 2].
torch::Tensor grid_of_points(std::int64_t height, std::int64_t width, const torch::TensorOptions& options);

}  // namespace detforge::ops
