#pragma once

#include <span>
#include <string>
#include <vector>

namespace detforge {

/// A table of `recalls` [proposal_counts, iou_thresholds], as MMDetection prints it.
std::string recall_text(const std::vector<std::vector<double>>& recalls, std::span<const std::size_t> proposal_counts,
                        std::span<const double> iou_thresholds);

}  // namespace detforge
