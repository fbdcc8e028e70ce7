#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "detforge/kernels/execution.h"
#include "detforge/kernels/feature_shape.h"

namespace detforge::kernels {

enum class PoolMode { Avg, Max };

/// A region is cut into output_height × output_width bins; every bin is the mean, or the largest, of bilinear samples inside it.
struct RoIAlignOptions {
  std::int64_t output_height = 7;
  std::int64_t output_width = 7;
  double spatial_scale = 1;         ///< pixels of the feature map per pixel of the region's coordinates
  std::int64_t sampling_ratio = 0;  ///< samples of a bin in each direction; 0: one per pixel of the feature map
  PoolMode pool_mode = PoolMode::Avg;
  bool aligned = true;  ///< pixel centres lie at halves; otherwise (MMDetection v1) at whole numbers, and regions are at least 1 px wide
};

/// RoIAlign (arXiv 1703.06870) with means. `rois` [K, 5]: place in the batch, xyxy; `output` [K, channels, output_height,
/// output_width] is overwritten. A sample farther than a pixel outside of the map counts as 0. T is float or double; the caller
/// has checked sizes, places in the batch and, where aligned, that no box has x2 < x1 or y2 < y1.
template <class T>
void roi_align(std::span<const T> input, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
               std::span<T> output, const Execution& execution);

/// Adds the gradient with respect to the input to `grad_input`; the same numbers whatever the number of threads.
template <class T>
void roi_align_backward(std::span<const T> grad_output, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
                        std::span<T> grad_input, const Execution& execution);

}  // namespace detforge::kernels
