#pragma once

#include <torch/torch.h>

/// Bumps around the places where objects are, for heads that learn heat maps (CornerNet, arXiv 1808.01244).
namespace detforge {

/// How far, in places, a corner of a box of this size may lie off for the box to still overlap with the right one by `min_overlap`.
double gaussian_radius(double height, double width, double min_overlap);

/// Raises `heatmap` [H, W] to a Gaussian of that radius whose middle, 1, lies at (x, y), a place of the map.
void draw_gaussian(const torch::Tensor& heatmap, std::int64_t x, std::int64_t y, std::int64_t radius);

}  // namespace detforge
