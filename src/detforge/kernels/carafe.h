#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "detforge/kernels/execution.h"
#include "detforge/kernels/feature_shape.h"

namespace detforge::kernels {

struct CarafeOptions {
  std::int64_t kernel_size = 5;   ///< odd
  std::int64_t group_size = 1;    ///< groups of channels, each with its own masks
  std::int64_t scale_factor = 2;  ///< output size over input size
};

/// CARAFE (arXiv 1905.02188): an enlarged map, each pixel of which is a sum of the kernel_size² pixels around its source with weights
/// of its own. `input` of `shape`; `masks` [batch, group_size · kernel_size², height · scale_factor, width · scale_factor]; `output`
/// [batch, channels, height · scale_factor, width · scale_factor] is overwritten. T is float or double; the caller has checked sizes.
template <class T>
void carafe(std::span<const T> input, std::span<const T> masks, const FeatureShape& shape, const CarafeOptions& options,
            std::span<T> output, const Execution& execution);

/// Overwrites the gradients with respect to input and masks; the same numbers whatever the number of threads.
template <class T>
void carafe_backward(std::span<const T> grad_output, std::span<const T> input, std::span<const T> masks, const FeatureShape& shape,
                     const CarafeOptions& options, std::span<T> grad_input, std::span<T> grad_masks, const Execution& execution);

}  // namespace detforge::kernels
