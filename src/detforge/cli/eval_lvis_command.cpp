#include "detforge/eval/lvis/lvis_evaluation.h"

#include <iostream>
#include <memory>

#include "detforge/cli/eval_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/cli/usage_error.h"

namespace detforge::cli {

namespace {

void run(const EvalArguments& arguments, std::size_t max_detections, const Session& session) {
  const auto start = std::chrono::steady_clock::now();
  const bool with_masks = arguments.type == "segm";
  CocoAnnotations annotations = read_annotations(arguments.annotations, with_masks, session, AnnotationStyle::Lvis);
  CocoResults results = read_results(arguments.results, annotations, with_masks, session);
  AnnotationFindings findings = annotations.findings;
  findings.merge(results.findings);
  const double load_seconds = seconds_since(start);
  const std::vector<CocoCategory> categories = annotations.categories;
  const LvisEvaluation evaluation =
      evaluate_lvis(std::move(annotations), std::move(results), {with_masks, max_detections, session.threads});
  if (arguments.json != "-") {
    std::cout << lvis_text(evaluation.metrics, max_detections);
    if (arguments.classwise) std::cout << '\n' << classwise_table(categories, evaluation.per_category);
  }
  Json json;
  json["stats"] = Json::array();
  json["metrics"] = Json::object();
  for (const auto& [name, value] : evaluation.metrics) {
    json["stats"].push_back(value);
    json["metrics"][name] = value;
  }
  json["per_class"] = per_class_json(categories, evaluation.per_category);
  json["findings"] = findings_json(findings);
  json["load_seconds"] = load_seconds;
  json["evaluate_seconds"] = evaluation.evaluate_seconds;
  write_json(arguments.json, json);
}

}  // namespace

void add_eval_lvis(CLI::App& eval, Session& session) {
  CLI::App& command = *eval.add_subcommand("lvis", "LVIS's AP, for rare, common and frequent categories too, as the lvis package has it");
  const auto arguments = std::make_shared<EvalArguments>();
  const auto max_detections = std::make_shared<std::size_t>(300);
  add_eval_arguments(command, *arguments, {"bbox", "segm"}, "ground truth in LVIS's layout, .json");
  command.add_flag("--classwise", arguments->classwise, "a table of each category's AP");
  command.add_option("--max-dets", *max_detections, "detections of an image, over all categories")
      ->check(at_least(1))
      ->capture_default_str();
  set_example(command, "detforge eval lvis lvis_v1_val.json results.segm.json --type segm");
  command.callback([=, &session] { run(*arguments, *max_detections, session); });
}

}  // namespace detforge::cli
