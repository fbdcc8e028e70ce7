#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "detforge/kernels/execution.h"

namespace detforge::kernels {

/// Deformable attention over several maps (arXiv 2010.04159), as far as it is no matrix product: each query and head reads the maps at
/// points of its own, between pixels, where everything outside of a map is 0, and adds up what it read.
struct DeformAttnGeometry {
  struct Level {
    std::int64_t height = 0, width = 0;
    std::int64_t first_key = 0;  ///< the key that is its first pixel
  };
  std::int64_t images = 0, keys = 0, queries = 0, heads = 0;
  std::int64_t channels = 0;  ///< of a head
  std::int64_t points = 0;    ///< of each query and head in each level
  std::span<const Level> levels;
};

/// T is float or double.
template <class T>
struct DeformAttnInput {
  std::span<const T> value;      ///< [images, keys, heads, channels]
  std::span<const T> locations;  ///< [images, queries, heads, levels, points, 2]: x, then y, in sizes of the level
  std::span<const T> weights;    ///< [images, queries, heads, levels, points]
};

/// `output` [images, queries, heads, channels] is overwritten.
template <class T>
void multi_scale_deform_attn(const DeformAttnGeometry& geometry, const DeformAttnInput<T>& input, std::span<T> output,
                             const Execution& execution);

/// Gradients, each shaped as its input. To `value` they are added, the others are overwritten.
template <class T>
struct DeformAttnGradients {
  std::span<T> value;
  std::span<T> locations;
  std::span<T> weights;
};

/// `grad_output` is shaped as the output.
template <class T>
void multi_scale_deform_attn_backward(const DeformAttnGeometry& geometry, const DeformAttnInput<T>& input, std::span<const T> grad_output,
                                      const DeformAttnGradients<T>& gradients, const Execution& execution);

}  // namespace detforge::kernels
