#pragma once

#include "detforge/kernels/roi_align_regions.h"

namespace detforge::kernels::roi_align_detail {

/// RoIAlign and its gradient of maps whose channels lie together; arguments as of `roi_align` and `roi_align_backward`. The regions'
/// side is [K, channels, output_height, output_width] as ever.
template <class T>
void pool_pixels(std::span<const T> input, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
                 std::span<T> output, const Execution& execution);
template <class T>
void spread_pixels(std::span<const T> grad_output, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
                   std::span<T> grad_input, const Execution& execution);

}  // namespace detforge::kernels::roi_align_detail
