#include <fmt/format.h>

#include <algorithm>

#include "detforge/base/parallel.h"
#include "detforge/eval/coco/recall_text.h"
#include "detforge/eval/dataset_evaluation.h"
#include "detforge/eval/numpy_mean.h"
#include "detforge/eval/voc/mean_average_precision.h"

namespace detforge::dataset_evaluation {
namespace {

std::vector<double> thresholds_of(const EvaluationOptions& options) {
  if (const auto* one = std::get_if<double>(&options.iou_thr)) return {*one};
  return std::get<std::vector<double>>(options.iou_thr);
}

std::vector<ImageTruth> truth_of(std::span<const AnnotatedDataset* const> parts) {
  std::vector<ImageTruth> truth;
  for (const AnnotatedDataset* part : parts) {
    for (std::size_t i = 0; i < part->size(); ++i) {
      AnnInfo info = part->annotations(i);
      truth.push_back({.boxes = std::move(info.bboxes),
                       .labels = std::move(info.labels),
                       .ignored_boxes = std::move(info.bboxes_ignore),
                       .ignored_labels = std::move(info.labels_ignore),
                       .is_group = std::move(info.is_group_of)});
      truth.back().ignored_labels.resize(truth.back().ignored_boxes.size(), -1);
    }
  }
  return truth;
}

bool is_voc(EvaluationRules rules) { return rules == EvaluationRules::Voc2007 || rules == EvaluationRules::Voc2012; }

void add_precision(const AnnotatedDataset& dataset, const std::vector<ImageTruth>& truth, std::span<const Detections> detections,
                   const EvaluationOptions& options, int threads, EvaluationReport& report) {
  MapOptions map;
  map.rule = dataset.rules() == EvaluationRules::OpenImages ? MapRule::OpenImages : MapRule::Voc;
  map.eleven_points = dataset.rules() == EvaluationRules::Voc2007;
  map.legacy_coordinates = is_voc(dataset.rules());
  if (options.scale_ranges && !is_voc(dataset.rules())) map.scale_ranges = *options.scale_ranges;
  std::vector<double> means;
  for (const double threshold : thresholds_of(options)) {
    map.iou_threshold = threshold;
    const MapResult result = mean_average_precision(detections, truth, dataset.classes().size(), map, thread_count(threads));
    report.text += fmt::format("\n{0}iou_thr: {1}{0}\n", std::string(15, '-'), threshold) + map_text(result, dataset.classes(), map);
    means.push_back(result.mean.front());
    report.metrics.emplace_back(fmt::format("AP{:02d}", static_cast<int>(threshold * 100)), means.back());
  }
  report.metrics.emplace_back("mAP", numpy_mean(std::span<const double>(means)));
}

void add_recall(const AnnotatedDataset& dataset, const std::vector<ImageTruth>& truth, std::span<const Detections> detections,
                const EvaluationOptions& options, EvaluationReport& report) {
  std::vector<std::vector<BoxXyxy>> boxes;
  for (const ImageTruth& image : truth) boxes.push_back(image.boxes);
  const std::vector<double> thresholds = thresholds_of(options);
  std::vector<std::size_t> counts;
  for (const std::int64_t count : options.proposal_nums) counts.push_back(static_cast<std::size_t>(std::max<std::int64_t>(count, 1)));
  std::ranges::sort(counts);  // recalls are those of the first so many
  const auto recalls = proposal_recalls(boxes, detections, counts, thresholds, is_voc(dataset.rules()));
  report.text += "\n" + recall_text(recalls, counts, thresholds);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    for (std::size_t j = 0; j < thresholds.size(); ++j) {
      report.metrics.emplace_back(fmt::format("recall@{}@{}", counts[i], thresholds[j]), recalls[i][j]);
    }
  }
  for (std::size_t i = 0; i < counts.size() && thresholds.size() > 1; ++i) {
    report.metrics.emplace_back(fmt::format("AR@{}", counts[i]), numpy_mean(std::span<const double>(recalls[i])));
  }
}

}  // namespace

EvaluationReport by_mean_average_precision(std::span<const AnnotatedDataset* const> parts, std::span<const Detections> detections,
                                           const std::vector<std::string>& metrics, const EvaluationOptions& options, int threads) {
  EvaluationReport report;
  const std::vector<ImageTruth> truth = truth_of(parts);
  for (const std::string& metric : metrics) {
    if (metric == "mAP") {
      add_precision(*parts.front(), truth, detections, options, threads, report);
    } else {
      add_recall(*parts.front(), truth, detections, options, report);
    }
  }
  return report;
}

}  // namespace detforge::dataset_evaluation
