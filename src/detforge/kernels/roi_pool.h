#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "detforge/kernels/execution.h"
#include "detforge/kernels/feature_shape.h"

namespace detforge::kernels {

struct RoIPoolOptions {
  std::int64_t output_height = 7;
  std::int64_t output_width = 7;
  double spatial_scale = 1;  ///< pixels of the feature map per pixel of the region's coordinates
};

/// RoIPool (arXiv 1504.08083): the largest value of each bin of the region's whole pixels, 0 where the bin is outside of the map.
/// `rois` [K, 5]: place in the batch, xyxy; `output` and `argmax` [K, channels, output_height, output_width] are overwritten, argmax with
/// the pixel's place in its plane or -1. T is float or double; the caller has checked sizes and places in the batch.
template <class T>
void roi_pool(std::span<const T> input, const FeatureShape& shape, std::span<const T> rois, const RoIPoolOptions& options,
              std::span<T> output, std::span<std::int64_t> argmax, const Execution& execution);

/// Adds the gradient with respect to the input to `grad_input`; the same numbers whatever the number of threads.
template <class T>
void roi_pool_backward(std::span<const T> grad_output, const FeatureShape& shape, std::span<const T> rois, const RoIPoolOptions& options,
                       std::span<const std::int64_t> argmax, std::span<T> grad_input, const Execution& execution);

}  // namespace detforge::kernels
