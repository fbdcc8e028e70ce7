#pragma once

#include <optional>
#include <vector>

#include "detforge/eval/voc/average_precision.h"

namespace detforge {

/// What of a `PrecisionRecall` is averaged.
struct PrecisionSelection {
  bool is_precision = true;                            ///< else recall
  std::optional<double> iou;                           ///< exactly that threshold; else all
  std::size_t area = 0;                                ///< index of the range
  std::size_t max_detections = 0;                      ///< index of the maximum
  std::optional<std::vector<std::size_t>> categories;  ///< else all
};

/// The mean as NumPy computes it, over what is there; -1 where nothing is.
double mean_of(const PrecisionRecall& result, const MatchParameters& parameters, const PrecisionSelection& selection);

}  // namespace detforge
