#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "detforge/base/error.h"
#include "detforge/data/box_overlap.h"
#include "detforge/eval/voc/mean_average_precision.h"

namespace detforge {

namespace {

/// [truths, proposals], best proposals first.
std::vector<std::vector<float>> overlaps(const std::vector<BoxXyxy>& truth, const Detections& proposals, std::size_t most, bool legacy) {
  std::vector<std::size_t> order(proposals.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return proposals.scores[a] > proposals.scores[b]; });
  order.resize(std::min(order.size(), most));
  std::vector<std::vector<float>> rows;
  for (const BoxXyxy& box : truth) {
    std::vector<float>& row = rows.emplace_back();
    for (const std::size_t i : order) row.push_back(bbox_overlap(box, proposals.boxes_xyxy[i], legacy ? 1.F : 0.F));
  }
  return rows;
}

/// Takes the best pair, then the best of what is left, and so on: one overlap for each ground truth.
void best_pairs(std::vector<std::vector<float>> rows, std::size_t count, std::vector<float>& found) {
  for (auto& row : rows) row.resize(std::min(row.size(), count));
  for (std::size_t round = 0; round < rows.size(); ++round) {
    if (rows[0].empty()) {
      found.push_back(0);
      continue;
    }
    std::size_t best_row = 0;
    std::size_t best_column = 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto column = static_cast<std::size_t>(std::max_element(rows[r].begin(), rows[r].end()) - rows[r].begin());
      if (r == 0 || rows[r][column] > rows[best_row][best_column]) {
        best_row = r;
        best_column = column;
      }
    }
    found.push_back(rows[best_row][best_column]);
    std::fill(rows[best_row].begin(), rows[best_row].end(), -1.F);
    for (auto& row : rows) row[best_column] = -1;
  }
}

}  // namespace

std::vector<std::vector<double>> proposal_recalls(std::span<const std::vector<BoxXyxy>> truth, std::span<const Detections> proposals,
                                                  std::span<const std::size_t> proposal_counts, std::span<const double> iou_thresholds,
                                                  bool legacy_coordinates) {
  if (truth.size() != proposals.size()) {
    throw Error(fmt::format("there are proposals of {} images, but {} images are annotated", proposals.size(), truth.size()));
  }
  std::vector<std::vector<std::vector<float>>> images;
  std::size_t total = 0;
  const std::size_t most = proposal_counts.empty() ? 0 : proposal_counts.back();
  for (std::size_t i = 0; i < truth.size(); ++i) {
    images.push_back(overlaps(truth[i], proposals[i], most, legacy_coordinates));
    total += truth[i].size();
  }
  std::vector<std::vector<double>> recalls;
  for (const std::size_t count : proposal_counts) {
    std::vector<float> found;
    for (const auto& rows : images) best_pairs(rows, count, found);
    std::vector<double>& row = recalls.emplace_back();
    for (const double threshold : iou_thresholds) {
      const auto hits = std::count_if(found.begin(), found.end(), [&](float iou) { return iou >= static_cast<float>(threshold); });
      row.push_back(static_cast<double>(hits) / static_cast<double>(total));
    }
  }
  return recalls;
}

}  // namespace detforge
