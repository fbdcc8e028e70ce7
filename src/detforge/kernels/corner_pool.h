#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "detforge/kernels/execution.h"
#include "detforge/kernels/feature_shape.h"

namespace detforge::kernels {

/// Where corner pooling looks: `Top` takes the largest value at or below a pixel, as an object's top edge is above it.
enum class CornerPoolMode { Bottom, Left, Right, Top };

/// Corner pooling (CornerNet, arXiv 1808.01244): the largest value from the pixel to the border of the map. `output` and `argmax`
/// are as large as `input` and overwritten, argmax with the value's place in its plane; of equal values the last one seen, the
/// nearest to the pixel, counts. T is float or double.
template <class T>
void corner_pool(std::span<const T> input, const FeatureShape& shape, CornerPoolMode mode, std::span<T> output,
                 std::span<std::int32_t> argmax, const Execution& execution);

/// Adds the gradient with respect to the input to `grad_input`.
template <class T>
void corner_pool_backward(std::span<const T> grad_output, const FeatureShape& shape, std::span<const std::int32_t> argmax,
                          std::span<T> grad_input, const Execution& execution);

}  // namespace detforge::kernels
