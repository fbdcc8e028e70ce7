#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "detforge/cli/eval_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/cli/usage_error.h"
#include "detforge/eval/coco/coco_evaluation.h"

namespace detforge::cli {

namespace {

struct CocoArguments : EvalArguments {
  std::vector<double> iou_thresholds;
  std::vector<std::size_t> max_detections;
  std::vector<std::string> metric_items;
};

CocoOptions options_of(const CocoArguments& arguments, const Session& session) {
  const CocoType type = arguments.type == "segm" ? CocoType::Segm : arguments.type == "proposal" ? CocoType::Proposal : CocoType::Bbox;
  CocoOptions options = default_coco_options(type);
  if (!arguments.iou_thresholds.empty()) options.parameters.iou_thresholds = arguments.iou_thresholds;
  if (!arguments.max_detections.empty()) options.parameters.max_detections = arguments.max_detections;
  options.threads = session.threads;
  return options;
}

void print(const CocoArguments& arguments, const CocoOptions& options, const CocoAnnotations& annotations, const CocoEvaluation& evaluation,
           const std::vector<NamedMetric>& metrics) {
  if (arguments.metric_items.empty()) {
    std::cout << summary_text(evaluation.stats, options.parameters);
  } else {
    for (const auto& [name, value] : metrics) std::cout << fmt::format("{}: {:.3f}\n", name, value);
  }
  if (arguments.classwise && options.type != CocoType::Proposal) {
    std::cout << '\n' << classwise_table(annotations.categories, evaluation.per_category);
  }
}

void run(const CocoArguments& arguments, const Session& session) {
  const CocoOptions options = options_of(arguments, session);
  const auto start = std::chrono::steady_clock::now();
  const bool with_masks = options.type == CocoType::Segm;
  const CocoAnnotations annotations = read_annotations(arguments.annotations, with_masks, session);
  const CocoResults results = read_results(arguments.results, annotations, with_masks, session);
  AnnotationFindings findings = annotations.findings;
  findings.merge(results.findings);
  const double load_seconds = seconds_since(start);
  const CocoEvaluation evaluation = evaluate_coco(annotations, results, options);
  const auto metrics = mmdet_metrics(evaluation.stats, options.type == CocoType::Proposal ? "" : arguments.type, arguments.metric_items);
  if (arguments.json != "-") print(arguments, options, annotations, evaluation, metrics);

  Json json;
  json["stats"] = evaluation.stats;
  json["metrics"] = Json::object();
  for (const auto& [name, value] : metrics) json["metrics"][name] = value;
  json["per_class"] = per_class_json(annotations.categories, evaluation.per_category);
  json["findings"] = findings_json(findings);
  json["load_seconds"] = load_seconds;
  json["evaluate_seconds"] = evaluation.evaluate_seconds;
  write_json(arguments.json, json);
}

}  // namespace

void add_eval_coco(CLI::App& eval, Session& session) {
  CLI::App& command = *eval.add_subcommand("coco", "COCO's precision and recall, equal to pycocotools' to the last bit");
  const auto arguments = std::make_shared<CocoArguments>();
  add_eval_arguments(command, *arguments, {"bbox", "segm", "proposal"}, "ground truth in COCO's layout, .json");
  command.add_flag("--classwise", arguments->classwise, "a table of each category's AP");
  command.add_option("--iou-thrs", arguments->iou_thresholds, "IoU thresholds instead of 0.5, 0.55 … 0.95")->check(CLI::Range(0.0, 1.0));
  command
      .add_option("--max-dets", arguments->max_detections,
                  "three numbers of detections per image and category (default 1 10 100; proposals 100 300 1000)")
      ->check(at_least(1))
      ->expected(3);
  command.add_option("--metric-items", arguments->metric_items, "only these, by MMDetection's names: mAP mAP_50 … AR_l@1000");
  set_example(command, "detforge eval coco instances_val2017.json results.bbox.json --type bbox --classwise");
  command.callback([=, &session] { run(*arguments, session); });
}

}  // namespace detforge::cli
