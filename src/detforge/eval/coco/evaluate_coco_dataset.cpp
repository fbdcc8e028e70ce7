#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "detforge/eval/coco/coco_evaluation.h"
#include "detforge/eval/dataset_evaluation.h"
#include "detforge/eval/lvis/lvis_evaluation.h"
#include "detforge/eval/numpy_mean.h"
#include "detforge/eval/voc/mean_average_precision.h"

namespace detforge::dataset_evaluation {
namespace {

std::vector<std::size_t> by_class(const Detections& detections) {
  std::vector<std::size_t> order(detections.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return detections.labels[i]; });
  return order;
}

void check_masks(std::span<const Detections> detections) {
  for (const Detections& image : detections) {
    if (image.masks.size() != image.size()) throw Error("segm needs masks, and the results have none");
  }
}

std::vector<RecordId> image_ids(const AnnotatedDataset& dataset) {
  std::vector<RecordId> ids;
  for (std::size_t i = 0; i < dataset.size(); ++i) ids.push_back(dataset.image(i).id);
  return ids;
}

std::vector<std::size_t> counts_of(const EvaluationOptions& options) {
  std::vector<std::size_t> counts;
  for (const std::int64_t count : options.proposal_nums) {
    if (count < 1) throw Error("proposal_nums must be at least 1");
    counts.push_back(static_cast<std::size_t>(count));
  }
  std::ranges::sort(counts);  // as the evaluation does: names stand beside their numbers
  return counts;
}

std::vector<std::string> items_of(const EvaluationOptions& options) {
  if (!options.metric_items) return {};
  if (const auto* one = std::get_if<std::string>(&*options.metric_items)) return {*one};
  return std::get<std::vector<std::string>>(*options.metric_items);
}

std::string classwise_of(const std::vector<CocoCategory>& categories, const std::vector<CategoryMetrics>& metrics) {
  std::vector<std::string> names;
  for (const CocoCategory& category : categories) names.push_back(category.name);
  return "\n" + classwise_text(names, metrics);
}

void add_coco(const AnnotatedDataset& dataset, std::span<const Detections> detections, const std::string& metric,
              const EvaluationOptions& options, int threads, EvaluationReport& report) {
  CocoOptions coco = default_coco_options(metric == "segm" ? CocoType::Segm : metric == "proposal" ? CocoType::Proposal : CocoType::Bbox);
  CocoOptions usual = coco;
  usual.threads = threads;
  const bool with_masks = metric == "segm", one_class = metric == "proposal";
  if (with_masks) check_masks(detections);
  if (options.iou_thrs) coco.parameters.iou_thresholds = *options.iou_thrs;
  coco.parameters.max_detections = counts_of(options);
  coco.threads = threads;
  CocoAnnotations annotations = read_coco_annotations(JsonDocument::read(dataset.ann_file()), with_masks);
  CocoResults results = columns_of(dataset, detections, annotations, with_masks, one_class);
  restrict_to(image_ids(dataset), dataset.cat_ids(), one_class ? CategoryOrder::AsListed : CategoryOrder::ById, annotations, results);
  const CocoEvaluation evaluation = evaluate_coco(annotations, results, coco);
  report.text += summary_text(evaluation.stats, coco.parameters);
  if (options.classwise && !one_class) report.text += classwise_of(annotations.categories, evaluation.per_category);
  const auto metrics = mmdet_metrics(evaluation.stats, one_class ? "" : metric, items_of(options));
  report.metrics.insert(report.metrics.end(), metrics.begin(), metrics.end());
  report.stats.emplace_back(metric, evaluate_coco(annotations, results, usual).stats);
}

/// COCO's `proposal_fast`: which part of all objects, crowds left out, is found.
void add_fast_recall(const AnnotatedDataset& dataset, std::span<const Detections> detections, const EvaluationOptions& options,
                     EvaluationReport& report) {
  const CocoAnnotations annotations = read_coco_annotations(JsonDocument::read(dataset.ann_file()), false);
  const TruthColumns& columns = annotations.truth;
  std::vector<std::vector<BoxXyxy>> truth(dataset.size());
  std::vector<std::size_t> position(annotations.images.size(), dataset.size());
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (const std::int32_t image = annotations.image_of(dataset.image(i).id); image >= 0) position[static_cast<std::size_t>(image)] = i;
  }
  for (std::size_t row = 0; row < columns.size(); ++row) {
    if (columns.image[row] < 0 || columns.crowd[row] != 0) continue;
    const std::size_t image = position[static_cast<std::size_t>(columns.image[row])];
    if (image == dataset.size()) continue;
    const auto& [x, y, width, height] = columns.box[row];
    truth[image].push_back({static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + width), static_cast<float>(y + height)});
  }
  const std::vector<double> thresholds = options.iou_thrs.value_or(default_match_parameters().iou_thresholds);
  const std::vector<std::size_t> counts = counts_of(options);
  const auto recalls = proposal_recalls(truth, detections, counts, thresholds, false);
  for (std::size_t i = 0; i < recalls.size(); ++i) {
    const double average = numpy_mean(std::span<const double>(recalls[i]));
    report.metrics.emplace_back(fmt::format("AR@{}", counts[i]), average);
    report.text += fmt::format("AR@{}\t{:.4f}\n", counts[i], average);
  }
}

}  // namespace

CocoResults columns_of(const AnnotatedDataset& dataset, std::span<const Detections> detections, const CocoAnnotations& annotations,
                       bool with_masks, bool one_class) {
  CocoResults results;
  DetectionColumns& columns = results.detections;
  const std::int32_t first = dataset.cat_ids().empty() ? 0 : annotations.category_of(dataset.cat_ids().front());
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const Detections& image = detections[i];
    const std::int32_t position = annotations.image_of(dataset.image(i).id);
    for (const std::size_t d : by_class(image)) {
      const auto label = static_cast<std::size_t>(image.labels[d]);
      if (!one_class && label >= dataset.cat_ids().size()) {
        throw Error("the model finds class " + std::to_string(label) + ", the dataset has " + std::to_string(dataset.cat_ids().size()));
      }
      const auto& [x1, y1, x2, y2] = image.boxes_xyxy[d];
      const BoxXywh box = {x1, y1, double{x2} - double{x1}, double{y2} - double{y1}};
      columns.image.push_back(position);
      columns.category.push_back(one_class ? first : annotations.category_of(dataset.cat_ids()[label]));
      columns.box.push_back(box);
      columns.score.push_back(with_masks && !image.mask_scores.empty() ? image.mask_scores[d] : image.scores[d]);
      columns.area.push_back(with_masks ? static_cast<double>(area_of(image.masks[d])) : box[2] * box[3]);
      if (with_masks) columns.mask.push_back(image.masks[d]);
    }
  }
  return results;
}

EvaluationReport by_coco(const AnnotatedDataset& dataset, std::span<const Detections> detections, const std::vector<std::string>& metrics,
                         const EvaluationOptions& options, int threads) {
  EvaluationReport report;
  for (const std::string& metric : metrics) {
    report.text += "\nEvaluating " + metric + "...\n";
    if (metric == "proposal_fast") {
      add_fast_recall(dataset, detections, options, report);
    } else {
      add_coco(dataset, detections, metric, options, threads, report);
    }
  }
  return report;
}

EvaluationReport by_lvis(const AnnotatedDataset& dataset, std::span<const Detections> detections, const std::vector<std::string>& metrics,
                         const EvaluationOptions& options, int threads) {
  EvaluationReport report;
  for (const std::string& metric : metrics) {
    report.text += "\nEvaluating " + metric + "...\n";
    if (metric == "proposal_fast") {
      add_fast_recall(dataset, detections, options, report);
      continue;
    }
    const bool with_masks = metric == "segm";
    if (with_masks) check_masks(detections);
    const LvisOptions lvis{.with_masks = with_masks, .threads = threads};
    CocoAnnotations annotations = read_coco_annotations(JsonDocument::read(dataset.ann_file()), with_masks, AnnotationStyle::Lvis);
    CocoResults results = columns_of(dataset, detections, annotations, with_masks, false);
    restrict_to(image_ids(dataset), {}, CategoryOrder::ById, annotations, results);
    const std::vector<CocoCategory> categories = annotations.categories;
    const LvisEvaluation evaluation = evaluate_lvis(std::move(annotations), std::move(results), lvis);
    report.text += lvis_text(evaluation.metrics, lvis.max_detections);
    if (options.classwise) report.text += classwise_of(categories, evaluation.per_category);
    for (const auto& [name, value] : evaluation.metrics) report.metrics.emplace_back(metric + "_" + name, value);
  }
  return report;
}

}  // namespace detforge::dataset_evaluation
