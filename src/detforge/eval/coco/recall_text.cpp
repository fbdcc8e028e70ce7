#include "detforge/eval/coco/recall_text.h"

#include <fmt/format.h>

#include "detforge/eval/table.h"

namespace detforge {

std::string recall_text(const std::vector<std::vector<double>>& recalls, std::span<const std::size_t> proposal_counts,
                        std::span<const double> iou_thresholds) {
  std::vector<std::vector<std::string>> rows = {{""}};
  for (const double threshold : iou_thresholds) rows[0].push_back(fmt::format("{}", threshold));
  for (std::size_t i = 0; i < recalls.size(); ++i) {
    rows.push_back({std::to_string(proposal_counts[i])});
    for (const double recall : recalls[i]) rows.back().push_back(fmt::format("{:.3f}", recall));
  }
  return ascii_table(rows);
}

}  // namespace detforge
