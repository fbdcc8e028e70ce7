#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "detforge/base/files.h"
#include "detforge/cli/command.h"
#include "detforge/cli/usage_error.h"
#include "detforge/eval/coco_evaluation.h"
#include "detforge/eval/mmdet_results.h"

namespace detforge::cli {

namespace {

using Json = nlohmann::ordered_json;

struct EvalArguments {
  std::string annotations;
  std::string results;
  std::string type = "bbox";
  std::string json;
  bool classwise = false;
  std::vector<double> iou_thresholds;
  std::vector<std::size_t> max_detections;
  std::vector<std::string> metric_items;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

void write_json(const std::string& path, const Json& json) {
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (path == "-") {
    std::cout << text;
  } else if (!path.empty()) {
    atomic_write(path, text);
  }
}

bool is_pickle(const std::filesystem::path& file) { return file.extension() == ".pkl" || file.extension() == ".pickle"; }

CocoOptions coco_options(const EvalArguments& arguments, const Session& session) {
  CocoOptions options = default_coco_options(arguments.type == "segm"       ? CocoType::Segm
                                             : arguments.type == "proposal" ? CocoType::Proposal
                                                                            : CocoType::Bbox);
  if (!arguments.iou_thresholds.empty()) options.parameters.iou_thresholds = arguments.iou_thresholds;
  if (!arguments.max_detections.empty()) options.parameters.max_detections = arguments.max_detections;
  options.threads = session.threads;
  return options;
}

Json per_class_json(const std::vector<CocoCategory>& categories, const std::vector<CategoryMetrics>& metrics) {
  Json list = Json::array();
  for (std::size_t k = 0; k < categories.size() && metrics.size() == categories.size(); ++k) {
    list.push_back({{"id", categories[k].id},
                    {"name", categories[k].name},
                    {"AP", number_or_null(metrics[k].precision)},
                    {"AR", number_or_null(metrics[k].recall)}});
  }
  return list;
}

void run_coco(const EvalArguments& arguments, const Session& session) {
  const CocoOptions options = coco_options(arguments, session);
  const auto start = std::chrono::steady_clock::now();
  const bool with_masks = options.type == CocoType::Segm;
  const CocoAnnotations annotations = read_coco_annotations(JsonDocument::read(arguments.annotations), with_masks);
  const CocoResults results = is_pickle(arguments.results)
                                  ? to_coco(read_mmdet_results(arguments.results), annotations, with_masks)
                                  : read_coco_results(JsonDocument::read(arguments.results), annotations, with_masks);
  const double load_seconds = seconds_since(start);
  if (results.unknown_categories > 0 && !session.quiet) {
    std::cerr << fmt::format("note: {} results of categories that the annotations do not have take no part\n", results.unknown_categories);
  }
  const CocoEvaluation evaluation = evaluate_coco(annotations, results, options);
  const auto metrics = mmdet_metrics(evaluation.stats, options.type == CocoType::Proposal ? "" : arguments.type, arguments.metric_items);

  if (arguments.json != "-") {
    if (arguments.metric_items.empty()) {
      std::cout << summary_text(evaluation.stats, options.parameters);
    } else {
      for (const auto& [name, value] : metrics) std::cout << fmt::format("{}: {:.3f}\n", name, value);
    }
    if (arguments.classwise && options.type != CocoType::Proposal) {
      std::vector<std::string> names;
      for (const CocoCategory& category : annotations.categories) names.push_back(category.name);
      std::cout << '\n' << classwise_text(names, evaluation.per_category);
    }
  }
  Json json;
  json["stats"] = evaluation.stats;
  json["metrics"] = Json::object();
  for (const auto& [name, value] : metrics) json["metrics"][name] = value;
  json["per_class"] = per_class_json(annotations.categories, evaluation.per_category);
  json["load_seconds"] = load_seconds;
  json["evaluate_seconds"] = evaluation.evaluate_seconds;
  write_json(arguments.json, json);
}

void add_files(CLI::App& command, EvalArguments& arguments) {
  command.add_option("annotations", arguments.annotations, "ground truth")->required()->type_name("ANNOTATIONS");
  command.add_option("results", arguments.results, "COCO's results format (.json), or what MMDetection's test writes (.pkl)")
      ->required()
      ->type_name("RESULTS");
  command.add_option("--json", arguments.json, "file for the numbers; '-': standard output, instead of the table")->type_name("FILE");
}

void add_coco(CLI::App& eval, Session& session) {
  CLI::App& command = *eval.add_subcommand("coco", "COCO's precision and recall, equal to pycocotools' to the last bit");
  const auto arguments = std::make_shared<EvalArguments>();
  add_files(command, *arguments);
  command.add_option("--type", arguments->type, "bbox, segm or proposal")
      ->check(one_of({"bbox", "segm", "proposal"}))
      ->capture_default_str();
  command.add_flag("--classwise", arguments->classwise, "a table of each category's AP");
  command.add_option("--iou-thrs", arguments->iou_thresholds, "IoU thresholds instead of 0.5, 0.55 … 0.95")->check(CLI::Range(0.0, 1.0));
  command
      .add_option("--max-dets", arguments->max_detections,
                  "three numbers of detections per image and category (default 1 10 100; proposals 100 300 1000)")
      ->check(at_least(1))
      ->expected(3);
  command.add_option("--metric-items", arguments->metric_items, "only these, by MMDetection's names: mAP mAP_50 … AR_l@1000");
  set_example(command, "detforge eval coco instances_val2017.json results.bbox.json --type bbox --classwise");
  command.callback([=, &session] { run_coco(*arguments, session); });
}

}  // namespace

void add_eval(CLI::App& program, Session& session) {
  CLI::App& eval = *program.add_subcommand("eval", "evaluate anyone's results against ground truth");
  eval.require_subcommand(1);
  eval.fallthrough();
  add_coco(eval, session);
}

}  // namespace detforge::cli
