#pragma once

#include <torch/torch.h>

#include "detforge/kernels/roi_align.h"

namespace detforge::ops {

using kernels::PoolMode;
using kernels::RoIAlignOptions;

/// RoIAlign (arXiv 1703.06870) as mmcv has it: features of fixed size for regions of a feature map.
///
/// `input` [N, C, H, W]; `rois` [K, 5]: place in the batch, xyxy, times `spatial_scale` in pixels of `input` → [K, C, output_height,
/// output_width]. Gradients go to `input` alone. Samples up to a pixel outside of the map take the value of its border, those
/// farther away count as 0. Throws `Error` for wrong sizes, places outside of the batch, boxes that are not finite or absurdly
/// large, and where `aligned` for boxes with x2 < x1 or y2 < y1.
torch::Tensor roi_align(const torch::Tensor& input, const torch::Tensor& rois, const RoIAlignOptions& options);

/// The same out of ATen's operators, on any device: the definition, which also does what the kernel does not (the mode `Max`).
torch::Tensor roi_align_reference(const torch::Tensor& input, const torch::Tensor& rois, const RoIAlignOptions& options);

}  // namespace detforge::ops
