#include "detforge/eval/voc/average_precision.h"

#include <algorithm>

#include "detforge/base/error.h"
#include "detforge/base/parallel.h"
#include "detforge/eval/coco/match.h"

namespace detforge {

namespace {

constexpr std::size_t groups_per_task = 1024;

void check(const MatchParameters& parameters) {
  if (parameters.iou_thresholds.empty() || parameters.iou_thresholds.size() > 64)
    throw Error("between 1 and 64 IoU thresholds are possible");
  if (parameters.max_detections.empty() || parameters.area_ranges.empty() || parameters.recall_thresholds.empty()) {
    throw Error("an evaluation needs a number of detections, a range of areas and recall thresholds");
  }
}

}  // namespace

std::vector<double> linspace(double first, double last, std::size_t count) {
  std::vector<double> values(count, last);
  const double step = (last - first) / static_cast<double>(count - 1);
  for (std::size_t i = 0; i + 1 < count; ++i) values[i] = static_cast<double>(i) * step + first;
  return values;
}

MatchParameters default_match_parameters() {
  constexpr double small = 32 * 32;
  constexpr double medium = 96 * 96;
  constexpr double large = 1e5 * 1e5;
  MatchParameters parameters;
  parameters.iou_thresholds = linspace(.5, 0.95, 10);
  parameters.recall_thresholds = linspace(0, 1, 101);
  parameters.area_ranges = {{0, large}, {0, small}, {small, medium}, {medium, large}};
  parameters.max_detections = {1, 10, 100};
  return parameters;
}

PrecisionRecall precision_recall(const TruthColumns& truth, const DetectionColumns& detections, std::size_t categories,
                                 const MatchParameters& parameters, std::size_t threads) {
  check(parameters);
  std::vector<matching::CategoryRecords> all = matching::collect(truth, detections, categories, parameters, threads);

  // Pieces of categories, so that one with very many images keeps no thread busy alone.
  std::vector<std::pair<std::size_t, std::size_t>> tasks;
  for (std::size_t k = 0; k < all.size(); ++k) {
    for (std::size_t begin = 0; begin < all[k].groups.size(); begin += groups_per_task) tasks.emplace_back(k, begin);
  }
  parallel_for(tasks.size(), threads, [&](std::size_t task) {
    const auto [k, begin] = tasks[task];
    const std::size_t count = std::min(groups_per_task, all[k].groups.size() - begin);
    matching::match_groups(truth, detections, parameters, std::span(all[k].groups).subspan(begin, count), all[k]);
  });

  PrecisionRecall result{parameters.iou_thresholds.size(),
                         parameters.recall_thresholds.size(),
                         all.size(),
                         parameters.area_ranges.size(),
                         parameters.max_detections.size(),
                         {},
                         {},
                         {}};
  const std::size_t curves = result.thresholds * result.categories * result.areas * result.max_dets;
  result.precision.assign(curves * result.recalls, -1);
  result.score.assign(curves * result.recalls, -1);
  result.recall.assign(curves, -1);
  parallel_for(all.size() * result.areas, threads, [&](std::size_t task) {
    matching::accumulate(detections, parameters, all[task / result.areas], task / result.areas, task % result.areas, result);
  });
  return result;
}

}  // namespace detforge
