#pragma once

#include <torch/torch.h>

#include <string_view>

namespace detforge::ops {

/// `input` is [N, C, H, W] of floats, `rois` [K, 5]: a place in the batch, then finite coordinates that are below a million px
/// after `spatial_scale`. Throws `Error` that begins with `op` otherwise.
void check_rois(std::string_view op, const torch::Tensor& input, const torch::Tensor& rois, double spatial_scale);

/// No box ends before it begins. Throws `Error` otherwise.
void check_extents(std::string_view op, const torch::Tensor& rois);

}  // namespace detforge::ops
