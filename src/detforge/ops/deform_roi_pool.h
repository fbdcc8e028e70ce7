#pragma once

#include <torch/torch.h>

namespace detforge::ops {

struct DeformRoIPoolOptions {
  std::int64_t output_height = 1;
  std::int64_t output_width = 1;
  double spatial_scale = 1;         ///< pixels of the feature map per pixel of the regions
  std::int64_t sampling_ratio = 0;  ///< samples of a bin in each direction; 0: one per pixel
  double gamma = 0.1;               ///< what an offset of 1 moves a bin by, in sides of the region
};

/// Deformable RoI pooling (arXiv 1703.06211) of `input` [B, C, H, W] for `rois` [N, 5]: RoIAlign whose bins are moved by `offset`
/// [N, 2 (x, y), output_height, output_width]; undefined: not at all. → [N, C, output_height, output_width]. Differentiable in input and
/// offset, on any device; mmcv has it for CUDA alone. A sample more than a pixel outside of the map is
/// 0, and so is a region without size. Throws `Error` as RoIAlign does.
torch::Tensor deform_roi_pool(const torch::Tensor& input, const torch::Tensor& rois, const torch::Tensor& offset,
                              const DeformRoIPoolOptions& options);

}  // namespace detforge::ops
