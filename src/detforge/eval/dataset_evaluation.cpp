#include "detforge/eval/dataset_evaluation.h"

#include <algorithm>

#include "detforge/data/datasets/concat_dataset.h"

namespace detforge {
namespace {

/// Of `evaluation=dict(…)`: when to evaluate and what to keep, which is the runner's business.
constexpr std::array<std::string_view, 11> kSchedule = {
    "interval",          "tmpdir",   "start",     "gpu_collect",  "save_best",          "rule",
    "dynamic_intervals", "by_epoch", "less_keys", "greater_keys", "broadcast_bn_buffer"};

std::vector<std::string> known_metrics(EvaluationRules rules) {
  if (rules == EvaluationRules::Coco) return {"bbox", "segm", "proposal", "proposal_fast"};
  if (rules == EvaluationRules::Lvis) return {"bbox", "segm", "proposal_fast"};
  return {"mAP", "recall"};
}

std::vector<std::string> wanted_metrics(const EvaluationOptions& options, EvaluationRules rules) {
  std::vector<std::string> wanted;
  if (const auto* one = std::get_if<std::string>(&options.metric)) wanted = {*one};
  if (const auto* several = std::get_if<std::vector<std::string>>(&options.metric)) wanted = *several;
  const std::vector<std::string> known = known_metrics(rules);
  if (wanted.empty()) wanted = {known.front()};
  for (const std::string& metric : wanted) {
    if (std::find(known.begin(), known.end(), metric) != known.end()) continue;
    std::string names;
    for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
    throw Error("the dataset is not measured by '" + metric + "'" + did_you_mean(metric, known)).help("it knows " + names);
  }
  return wanted;
}

EvaluationReport evaluate_one(const AnnotatedDataset& dataset, std::span<const Detections> detections, const EvaluationOptions& options,
                              int threads) {
  const std::vector<std::string> metrics = wanted_metrics(options, dataset.rules());
  switch (dataset.rules()) {
    case EvaluationRules::Coco: return dataset_evaluation::by_coco(dataset, detections, metrics, options, threads);
    case EvaluationRules::Lvis: return dataset_evaluation::by_lvis(dataset, detections, metrics, options, threads);
    default: break;
  }
  const std::array<const AnnotatedDataset*, 1> parts = {&dataset};
  return dataset_evaluation::by_mean_average_precision(parts, detections, metrics, options, threads);
}

/// Each dataset on its own, its metrics called `0_bbox_mAP`, `1_bbox_mAP`, …
EvaluationReport evaluate_parts(const std::vector<const AnnotatedDataset*>& parts, std::span<const Detections> detections,
                                const EvaluationOptions& options, int threads) {
  EvaluationReport all;
  for (std::size_t part = 0, first = 0; part < parts.size(); first += parts[part++]->size()) {
    all.text += "\nEvaluating " + parts[part]->ann_file() + " with " + std::to_string(parts[part]->size()) + " images now\n";
    const EvaluationReport one = evaluate_one(*parts[part], detections.subspan(first, parts[part]->size()), options, threads);
    all.text += one.text;
    for (const auto& [name, value] : one.metrics) all.metrics.emplace_back(std::to_string(part) + "_" + name, value);
    for (const auto& [name, stats] : one.stats) all.stats.emplace_back(std::to_string(part) + "_" + name, stats);
  }
  return all;
}

}  // namespace

Arguments<EvaluationOptions> EvaluationOptions::arguments() {
  using Options = EvaluationOptions;
  return {arg(&Options::metric, "metric", "bbox, segm, proposal, proposal_fast; mAP, recall; or a list of them"),
          arg(&Options::classwise, "classwise", "a table of each class's AP"),
          arg(&Options::proposal_nums, "proposal_nums", "detections of an image that count, ascending"),
          arg(&Options::iou_thrs, "iou_thrs", "IoU thresholds of COCO's metrics; None: 0.5, 0.55 … 0.95"),
          arg(&Options::metric_items, "metric_items", "only these: mAP, mAP_50 … AR_l@1000"),
          arg(&Options::iou_thr, "iou_thr", "IoU thresholds of mAP and recall"),
          arg(&Options::scale_ranges, "scale_ranges", "mAP by these sizes: (from, to) px, the root of the area"),
          arg(&Options::jsonfile_prefix, "jsonfile_prefix", "where format_results writes: path without .bbox.json")};
}

EvaluationOptions evaluation_options(const Value& evaluation) {
  Value options = Value::dict();
  for (const auto& [key, value] : evaluation.as_dict()) {
    if (key.is_string() && std::find(kSchedule.begin(), kSchedule.end(), key.as_string()) != kSchedule.end()) continue;
    options.as_dict().set(key, value);
  }
  options.set_location(evaluation.location());
  return options_from("evaluate", EvaluationOptions::arguments(), options, {Reference::V2_27, "evaluation"});
}

DatasetPlace place_of(const Dataset& dataset, std::size_t index) {
  if (const auto* annotated = dynamic_cast<const AnnotatedDataset*>(&dataset)) return {annotated, index};
  const auto* wrapper = dynamic_cast<const DatasetWrapper*>(&dataset);
  if (wrapper == nullptr) throw Error("this dataset has no annotations to measure results by");
  const DatasetWrapper::Place place = wrapper->locate(index);
  return place_of(place.dataset, place.index);
}

EvaluationReport evaluate_dataset(const Dataset& dataset, std::span<const Detections> detections, const EvaluationOptions& options,
                                  int threads) {
  if (detections.size() != dataset.size()) {
    throw Error("there are results of " + std::to_string(detections.size()) + " images, the dataset has " + std::to_string(dataset.size()));
  }
  if (const auto* annotated = dynamic_cast<const AnnotatedDataset*>(&dataset))
    return evaluate_one(*annotated, detections, options, threads);
  const auto* concatenated = dynamic_cast<const ConcatDataset*>(&dataset);
  if (concatenated == nullptr) throw Error("results can not be measured on a dataset that repeats or mixes images");
  std::vector<const AnnotatedDataset*> parts;
  for (const Dataset* part : concatenated->parts()) {
    parts.push_back(dynamic_cast<const AnnotatedDataset*>(part));
    if (parts.back() == nullptr) throw Error("results can not be measured on a wrapper within a ConcatDataset");
  }
  if (concatenated->separate_eval()) return evaluate_parts(parts, detections, options, threads);
  return dataset_evaluation::by_mean_average_precision(parts, detections, wanted_metrics(options, parts.front()->rules()), options,
                                                       threads);
}

}  // namespace detforge
