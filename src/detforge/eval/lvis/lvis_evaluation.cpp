#include "detforge/eval/lvis/lvis_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "detforge/base/error.h"
#include "detforge/base/parallel.h"
#include "detforge/eval/precision_mean.h"

namespace detforge {

namespace {

/// Drops the worst detections of images that have more than `most`.
void limit_per_image(DetectionColumns& detections, std::size_t images, std::size_t most) {
  std::vector<std::vector<std::size_t>> by_image(images);
  for (std::size_t i = 0; i < detections.size(); ++i) {
    if (detections.image[i] >= 0) by_image[static_cast<std::size_t>(detections.image[i])].push_back(i);
  }
  for (auto& list : by_image) {
    if (list.size() <= most) continue;
    std::stable_sort(list.begin(), list.end(), [&](std::size_t a, std::size_t b) { return detections.score[a] > detections.score[b]; });
    for (std::size_t i = most; i < list.size(); ++i) detections.image[list[i]] = -1;
  }
}

/// Takes out what says nothing about a detector: records without area, and detections of categories that nobody looked for.
void keep_what_is_judged(CocoAnnotations& annotations, DetectionColumns& detections) {
  std::vector<std::set<std::int32_t>> judged(annotations.images.size());
  std::vector<std::set<std::int32_t>> not_exhaustive(annotations.images.size());
  for (std::size_t i = 0; i < annotations.images.size(); ++i) {
    for (const RecordId& id : annotations.images[i].absent_categories) judged[i].insert(annotations.category_of(id));
    for (const RecordId& id : annotations.images[i].not_exhaustive_categories) not_exhaustive[i].insert(annotations.category_of(id));
  }
  TruthColumns& truth = annotations.truth;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (!(truth.area[i] > 0)) truth.image[i] = -1;
    if (truth.image[i] >= 0) judged[static_cast<std::size_t>(truth.image[i])].insert(truth.category[i]);
  }
  detections.ignore_unmatched.assign(detections.size(), 0);
  for (std::size_t i = 0; i < detections.size(); ++i) {
    if (!(detections.area[i] > 0)) detections.image[i] = -1;
    if (detections.image[i] < 0) continue;
    const auto image = static_cast<std::size_t>(detections.image[i]);
    if (!judged[image].contains(detections.category[i])) detections.category[i] = -1;
    detections.ignore_unmatched[i] = not_exhaustive[image].contains(detections.category[i]);
  }
}

std::vector<std::size_t> of_frequency(const std::vector<CocoCategory>& categories, const std::string& frequency) {
  std::vector<std::size_t> indices;
  for (std::size_t k = 0; k < categories.size(); ++k) {
    if (categories[k].frequency == frequency) indices.push_back(k);
  }
  return indices;
}

std::vector<NamedMetric> metrics_of(const PrecisionRecall& result, const MatchParameters& parameters,
                                    const std::vector<CocoCategory>& categories, std::size_t max_detections) {
  std::vector<NamedMetric> metrics;
  const auto add = [&](const std::string& name, const PrecisionSelection& selection) {
    metrics.emplace_back(name, mean_of(result, parameters, selection));
  };
  add("AP", {});
  add("AP50", {true, 0.50, 0, 0, {}});
  add("AP75", {true, 0.75, 0, 0, {}});
  add("APs", {true, {}, 1, 0, {}});
  add("APm", {true, {}, 2, 0, {}});
  add("APl", {true, {}, 3, 0, {}});
  for (const std::string frequency : {"r", "c", "f"}) add("AP" + frequency, {true, {}, 0, 0, of_frequency(categories, frequency)});
  const std::string end = "@" + std::to_string(max_detections);
  add("AR" + end, {false, {}, 0, 0, {}});
  add("ARs" + end, {false, {}, 1, 0, {}});
  add("ARm" + end, {false, {}, 2, 0, {}});
  add("ARl" + end, {false, {}, 3, 0, {}});
  return metrics;
}

}  // namespace

LvisEvaluation evaluate_lvis(CocoAnnotations annotations, CocoResults results, const LvisOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  for (const CocoCategory& category : annotations.categories) {
    if (category.frequency != "r" && category.frequency != "c" && category.frequency != "f") {
      throw Error("the category '" + category.name + "' has no frequency r, c or f: is this LVIS?");
    }
  }
  MatchParameters parameters = default_match_parameters();
  parameters.max_detections = {options.max_detections};
  parameters.with_masks = options.with_masks;
  limit_per_image(results.detections, annotations.images.size(), options.max_detections);
  keep_what_is_judged(annotations, results.detections);
  LvisEvaluation evaluation;
  evaluation.result =
      precision_recall(annotations.truth, results.detections, annotations.categories.size(), parameters, thread_count(options.threads));
  evaluation.metrics = metrics_of(evaluation.result, parameters, annotations.categories, options.max_detections);
  evaluation.per_category = per_category(evaluation.result, parameters);
  evaluation.evaluate_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return evaluation;
}

std::string lvis_text(const std::vector<NamedMetric>& metrics, std::size_t max_detections) {
  std::string text;
  for (const auto& [name, value] : metrics) {
    const bool is_precision = name.starts_with("AP");
    const char kind = name.size() > 2 ? name[2] : ' ';
    const bool is_digit = kind >= '0' && kind <= '9';
    const std::string iou = is_digit ? "0." + name.substr(2) : "0.50:0.95";
    const std::string area = kind == 's' || kind == 'm' || kind == 'l' ? std::string(1, kind) : "all";
    const std::string categories = kind == 'r' || kind == 'c' || kind == 'f' ? std::string(1, kind) : "all";
    text += fmt::format(" {:<18} {} @[ IoU={:<9} | area={:>6s} | maxDets={:>3d} catIds={:>3s}] = {:0.3f}\n",
                        is_precision ? "Average Precision" : "Average Recall", is_precision ? "(AP)" : "(AR)", iou, area, max_detections,
                        categories, value);
  }
  return text;
}

}  // namespace detforge
