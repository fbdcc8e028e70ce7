#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detforge/eval/voc/average_precision.h"

namespace detforge {

/// COCO's twelve numbers, in pycocotools' order; -1 where there is nothing to average.
using CocoStats = std::array<double, 12>;

/// MMDetection's names of the twelve with its numbers of proposals: `mAP`, `mAP_50`, … `AR_l@1000`.
const std::array<std::string_view, 12>& coco_metric_names();

/// Needs the four areas of `default_match_parameters` and three maxima; throws `Error` otherwise.
CocoStats summarize(const PrecisionRecall& result, const MatchParameters& parameters);

/// A name and a number as MMDetection's `evaluate` returns them, rounded to three decimals.
using NamedMetric = std::pair<std::string, double>;

/// MMDetection's result of one metric: `items` are names of `coco_metric_names`, empty for its defaults (six of precision, for proposals
/// six of recall); `prefix` is `bbox` or `segm` (`bbox_mAP`), empty for proposals. Throws `Error` for an unknown item.
std::vector<NamedMetric> mmdet_metrics(const CocoStats& stats, const std::string& prefix, const std::vector<std::string>& items);

/// The twelve lines that pycocotools prints.
std::string summary_text(const CocoStats& stats, const MatchParameters& parameters);

/// Over all IoU thresholds (and recalls), all areas, the highest maximum; NaN without ground truth.
struct CategoryMetrics {
  double precision = 0;
  double recall = 0;
};
std::vector<CategoryMetrics> per_category(const PrecisionRecall& result, const MatchParameters& parameters);

/// MMDetection's table of `classwise`: category and AP, three pairs a row.
std::string classwise_text(const std::vector<std::string>& names, const std::vector<CategoryMetrics>& metrics);

}  // namespace detforge
