#include "detforge/eval/coco/coco_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "detforge/base/error.h"
#include "detforge/eval/precision_mean.h"
#include "detforge/eval/table.h"

namespace detforge {

namespace {

enum Area { All, Small, Medium, Large };
constexpr std::array<std::string_view, 4> area_names = {"all", "small", "medium", "large"};

/// One of the twelve: what is averaged.
struct Metric {
  bool is_precision;
  std::optional<double> iou;
  Area area;
  std::size_t max_detections;  ///< the number itself
};

std::array<Metric, 12> metrics_of(const MatchParameters& parameters) {
  std::vector<std::size_t> max = parameters.max_detections;
  std::ranges::sort(max);  // as the evaluation does: names stand beside their numbers
  return {{{true, {}, All, 100},
           {true, .5, All, max[2]},
           {true, .75, All, max[2]},
           {true, {}, Small, max[2]},
           {true, {}, Medium, max[2]},
           {true, {}, Large, max[2]},
           {false, {}, All, max[0]},
           {false, {}, All, max[1]},
           {false, {}, All, max[2]},
           {false, {}, Small, max[2]},
           {false, {}, Medium, max[2]},
           {false, {}, Large, max[2]}}};
}

void check(const MatchParameters& parameters) {
  if (parameters.max_detections.size() != 3) throw Error("the summary needs three numbers of detections");
  if (parameters.area_ranges.size() != area_names.size()) throw Error("the summary needs the areas all, small, medium and large");
}

double average(const PrecisionRecall& result, const MatchParameters& parameters, const Metric& metric) {
  const auto& max = parameters.max_detections;
  const auto m = static_cast<std::size_t>(std::find(max.begin(), max.end(), metric.max_detections) - max.begin());
  if (m == max.size()) return -1;
  return mean_of(result, parameters, {metric.is_precision, metric.iou, metric.area, m, {}});
}

}  // namespace

const std::array<std::string_view, 12>& coco_metric_names() {
  static const std::array<std::string_view, 12> names = {"mAP",    "mAP_50", "mAP_75",  "mAP_s",     "mAP_m",     "mAP_l",
                                                         "AR@100", "AR@300", "AR@1000", "AR_s@1000", "AR_m@1000", "AR_l@1000"};
  return names;
}

CocoStats summarize(const PrecisionRecall& result, const MatchParameters& parameters) {
  check(parameters);
  CocoStats stats{};
  const auto metrics = metrics_of(parameters);
  for (std::size_t i = 0; i < stats.size(); ++i) stats[i] = average(result, parameters, metrics[i]);
  return stats;
}

std::vector<NamedMetric> mmdet_metrics(const CocoStats& stats, const std::string& prefix, const std::vector<std::string>& items) {
  const auto& names = coco_metric_names();
  const std::size_t half = names.size() / 2;
  std::vector<std::string> wanted = items;
  if (wanted.empty()) {
    const auto first = names.begin() + static_cast<std::ptrdiff_t>(prefix.empty() ? half : 0);
    wanted.assign(first, first + static_cast<std::ptrdiff_t>(half));
  }
  std::vector<NamedMetric> metrics;
  for (const std::string& item : wanted) {
    const auto found = std::find(names.begin(), names.end(), item);
    if (found == names.end()) {
      throw Error("metric item '" + item + "' is not supported" + did_you_mean(item, {names.begin(), names.end()}));
    }
    const double value = stats[static_cast<std::size_t>(found - names.begin())];
    metrics.emplace_back(prefix.empty() ? item : prefix + "_" + item, std::stod(fmt::format("{:.3f}", value)));
  }
  return metrics;
}

std::string summary_text(const CocoStats& stats, const MatchParameters& parameters) {
  check(parameters);
  std::string text;
  const auto metrics = metrics_of(parameters);
  for (std::size_t i = 0; i < stats.size(); ++i) {
    const Metric& metric = metrics[i];
    const std::string iou = metric.iou
                                ? fmt::format("{:0.2f}", *metric.iou)
                                : fmt::format("{:0.2f}:{:0.2f}", parameters.iou_thresholds.front(), parameters.iou_thresholds.back());
    text += fmt::format(" {:<18} {} @[ IoU={:<9} | area={:>6s} | maxDets={:>3d} ] = {:0.3f}\n",
                        metric.is_precision ? "Average Precision" : "Average Recall", metric.is_precision ? "(AP)" : "(AR)", iou,
                        area_names[metric.area], metric.max_detections, stats[i]);
  }
  return text;
}

std::vector<CategoryMetrics> per_category(const PrecisionRecall& result, const MatchParameters& parameters) {
  std::vector<CategoryMetrics> metrics;
  const auto mean_or_nan = [&](bool is_precision, std::size_t k) {
    const double mean = mean_of(result, parameters, {is_precision, {}, All, result.max_dets - 1, std::vector{k}});
    return mean > -1 ? mean : std::numeric_limits<double>::quiet_NaN();
  };
  for (std::size_t k = 0; k < result.categories; ++k) metrics.push_back({mean_or_nan(true, k), mean_or_nan(false, k)});
  return metrics;
}

std::string classwise_text(const std::vector<std::string>& names, const std::vector<CategoryMetrics>& metrics) {
  const std::size_t pairs = std::min<std::size_t>(3, names.size());
  std::vector<std::vector<std::string>> rows(1);
  for (std::size_t i = 0; i < pairs; ++i) rows[0].insert(rows[0].end(), {"category", "AP"});
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (k % pairs == 0) rows.emplace_back();
    rows.back().insert(rows.back().end(),
                       {names[k], std::isnan(metrics[k].precision) ? "nan" : fmt::format("{:0.3f}", metrics[k].precision)});
  }
  if (pairs > 0) rows.back().resize(2 * pairs, rows.size() > 1 ? "None" : "");
  return ascii_table(rows);
}

}  // namespace detforge
