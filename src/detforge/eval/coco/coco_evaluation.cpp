#include "detforge/eval/coco/coco_evaluation.h"

#include <algorithm>
#include <chrono>

#include "detforge/base/parallel.h"

namespace detforge {

CocoOptions default_coco_options(CocoType type) {
  CocoOptions options;
  options.type = type;
  if (type == CocoType::Proposal) {
    options.parameters.with_categories = false;
    options.parameters.max_detections = {100, 300, 1000};
  }
  return options;
}

CocoEvaluation evaluate_coco(const CocoAnnotations& annotations, const CocoResults& results, const CocoOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  MatchParameters parameters = options.parameters;
  parameters.with_masks = options.type == CocoType::Segm;
  std::sort(parameters.max_detections.begin(), parameters.max_detections.end());
  CocoEvaluation evaluation;
  evaluation.result =
      precision_recall(annotations.truth, results.detections, annotations.categories.size(), parameters, thread_count(options.threads));
  evaluation.stats = summarize(evaluation.result, parameters);
  evaluation.per_category = per_category(evaluation.result, parameters);
  evaluation.evaluate_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return evaluation;
}

CocoEvaluation evaluate_coco(const JsonDocument& annotations, const JsonDocument& results, const CocoOptions& options) {
  const bool with_masks = options.type == CocoType::Segm;
  CocoAnnotations truth = read_coco_annotations(annotations, with_masks);
  CocoResults detections = read_coco_results(results, truth, with_masks);
  restrict_to(options.image_ids, options.category_ids, options.parameters.with_categories ? CategoryOrder::ById : CategoryOrder::AsListed,
              truth, detections);
  return evaluate_coco(truth, detections, options);
}

}  // namespace detforge
