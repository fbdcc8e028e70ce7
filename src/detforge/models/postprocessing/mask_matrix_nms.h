#pragma once

#include <torch/torch.h>

namespace detforge {

/// How a mask's score falls with its overlap with better ones.
enum class MatrixNmsKernel { Gaussian, Linear };

struct MatrixNmsOptions {
  double filter_thr = -1;     ///< masks score at least so much afterwards, where this is above 0
  std::int64_t nms_pre = -1;  ///< at most so many masks are looked at, where this is above 0
  std::int64_t max_num = -1;  ///< at most so many are kept, where this is above 0
  MatrixNmsKernel kernel = MatrixNmsKernel::Gaussian;
  double sigma = 2;  ///< of the Gaussian
};

/// Best first.
struct MatrixNmsResult {
  torch::Tensor scores;  ///< [k]
  torch::Tensor labels;  ///< [k] int64
  torch::Tensor masks;   ///< [k, h, w], as they were given
  torch::Tensor kept;    ///< [k] int64: their places in the input
};

/// SOLOv2's Matrix NMS (arXiv 2003.10152): `masks` [N, h, w] of 0 and 1, `labels` and `scores` [N], `areas` [N] (undefined: counted).
/// Equal scores keep their order.
MatrixNmsResult mask_matrix_nms(const torch::Tensor& masks, const torch::Tensor& labels, const torch::Tensor& scores,
                                const MatrixNmsOptions& options, const torch::Tensor& areas = {});

}  // namespace detforge
