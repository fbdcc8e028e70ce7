#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "detforge/eval/results/coco_results.h"

namespace detforge {

/// COCO's error analysis: precision over recall as one kind of mistake after the other is forgiven.
constexpr std::size_t error_curve_count = 7;
/// IoU 0.75; 0.5; 0.1; then also confusions within the supercategory, all confusions, false positives on background, and what was missed.
const std::array<std::string_view, error_curve_count>& error_curve_names();

using ErrorCurves = std::array<std::vector<double>, error_curve_count>;  ///< each [101] over recall

struct ErrorAnalysis {
  std::vector<ErrorCurves> categories;  ///< [categories]; empty curves without ground truth
  ErrorCurves mean;                     ///< over the categories that have ground truth
};

/// Boxes (or masks, if they were read) of all sizes, up to 100 detections of an image and category.
ErrorAnalysis error_curves(const CocoAnnotations& annotations, const CocoResults& results, bool with_masks, std::size_t threads);

}  // namespace detforge
