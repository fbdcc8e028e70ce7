#pragma once

#include <span>

/// Batch normalisation in evaluation together with what follows it, in place.
namespace detforge::kernels {

/// y = x · scale + shift in each channel, then + residual where there is one, then max(y, 0) where asked for; NaN stays NaN.
struct ScaleShift {
  std::span<const float> scale;          ///< [channels]
  std::span<const float> shift;          ///< [channels]
  std::span<const float> residual = {};  ///< as many as values, or none
  bool relu = false;
};

/// `values` [pixels, channels], changed in place.
void scale_shift(std::span<float> values, const ScaleShift& operation);

}  // namespace detforge::kernels
