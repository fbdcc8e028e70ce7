#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detforge/postprocess/bit_mask.h"

namespace detforge::postprocess {

/// How a mask's score falls with its overlap with better ones.
enum class MatrixNmsKernel { Gaussian, Linear };

/// SOLOv2's Matrix NMS (arXiv 2003.10152): scores of masks fall with how much of them better masks of their class cover.
struct MatrixNms {
  double filter_thr = -1;     ///< masks score at least so much afterwards, where this is above 0
  std::int64_t nms_pre = -1;  ///< at most so many masks are looked at, where this is above 0
  std::int64_t max_num = -1;  ///< at most so many are kept, where this is above 0
  MatrixNmsKernel kernel = MatrixNmsKernel::Gaussian;
  double sigma = 2;  ///< of the Gaussian

  /// Best first.
  struct Kept {
    std::vector<std::size_t> masks;  ///< their places in the input
    std::vector<float> scores;       ///< what is left of them
  };
  /// `masks`, `labels` and `scores` [N], masks of one size. Equal scores in the order of the input.
  Kept run(std::span<const BitMask> masks, std::span<const std::int64_t> labels, std::span<const float> scores) const;
};

}  // namespace detforge::postprocess
