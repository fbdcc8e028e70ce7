#include "detforge/kernels/scale_shift.h"

#include <cstddef>

#include "detforge/base/simd.h"

namespace detforge::kernels {
namespace {

DETFORGE_SIMD void scale_shift_pixel(float* __restrict values, std::size_t channels, const float* __restrict scale,
                                     const float* __restrict shift) {
  for (std::size_t c = 0; c < channels; ++c) values[c] = values[c] * scale[c] + shift[c];
}

DETFORGE_SIMD void scale_shift_pixel_relu(float* __restrict values, std::size_t channels, const float* __restrict scale,
                                          const float* __restrict shift) {
  for (std::size_t c = 0; c < channels; ++c) {
    const float value = values[c] * scale[c] + shift[c];
    values[c] = value < 0 ? 0 : value;
  }
}

DETFORGE_SIMD void scale_shift_pixel_add(float* __restrict values, std::size_t channels, const float* __restrict scale,
                                         const float* __restrict shift, const float* __restrict residual) {
  for (std::size_t c = 0; c < channels; ++c) values[c] = values[c] * scale[c] + shift[c] + residual[c];
}

DETFORGE_SIMD void scale_shift_pixel_add_relu(float* __restrict values, std::size_t channels, const float* __restrict scale,
                                              const float* __restrict shift, const float* __restrict residual) {
  for (std::size_t c = 0; c < channels; ++c) {
    const float value = values[c] * scale[c] + shift[c] + residual[c];
    values[c] = value < 0 ? 0 : value;
  }
}

}  // namespace

void scale_shift(std::span<float> values, const ScaleShift& operation) {
  const std::size_t channels = operation.scale.size();
  const float *scale = operation.scale.data(), *shift = operation.shift.data();
  for (std::size_t at = 0; at < values.size(); at += channels) {
    float* pixel = values.data() + at;
    if (operation.residual.empty()) {
      (operation.relu ? scale_shift_pixel_relu : scale_shift_pixel)(pixel, channels, scale, shift);
    } else {
      (operation.relu ? scale_shift_pixel_add_relu : scale_shift_pixel_add)(pixel, channels, scale, shift, operation.residual.data() + at);
    }
  }
}

}  // namespace detforge::kernels
