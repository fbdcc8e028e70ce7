#pragma once

#include <torch/torch.h>

#include <array>

namespace detforge::ops {

/// (height, width) each.
struct DeformConvOptions {
  std::array<std::int64_t, 2> stride = {1, 1};
  std::array<std::int64_t, 2> padding = {0, 0};
  std::array<std::int64_t, 2> dilation = {1, 1};
  std::int64_t groups = 1;
  std::int64_t deform_groups = 1;  ///< groups of channels, each with its own offsets
};

/// Deformable convolution (arXiv 1703.06211) as mmcv has it. `input` [N, C, H, W]; `offset` [N, deform_groups · kh · kw · 2, H', W']: for
/// every place of the output and element of the kernel how far (y, x) px from its place it reads, between pixels, 0 outside of the
/// image; `weight` [O, C / groups, kh, kw] → [N, O, H', W']. Throws `Error` for sizes that do not fit.
torch::Tensor deform_conv2d(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& weight,
                            const DeformConvOptions& options);

/// The same with samples that are multiplied by `mask` [N, deform_groups · kh · kw, H', W'] (arXiv 1811.11168), and a `bias` [O], which
/// may be undefined.
torch::Tensor modulated_deform_conv2d(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& mask,
                                      const torch::Tensor& weight, const torch::Tensor& bias, const DeformConvOptions& options);

/// Either of the two (`mask` undefined: the first) out of ATen's operators, on any device: the definition.
torch::Tensor deform_conv2d_reference(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& mask,
                                      const torch::Tensor& weight, const DeformConvOptions& options);

}  // namespace detforge::ops
