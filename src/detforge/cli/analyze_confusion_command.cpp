#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "detforge/base/parallel.h"
#include "detforge/cli/analyze_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/eval/analysis/confusion.h"
#include "detforge/visualize/charts.h"

namespace detforge::cli {

namespace {

Json point_json(const OperatingPoint& point) {
  return {{"score", point.score}, {"precision", point.precision}, {"recall", point.recall}, {"F1", point.f1}};
}

std::string chart(const ConfusionMatrix& matrix, const std::vector<std::string>& classes) {
  std::vector<std::string> rows = classes;
  std::vector<std::string> columns = classes;
  rows.emplace_back("(background)");
  columns.emplace_back("(missed)");
  return heat_map_svg("Confusion: ground truth by row, found as by column, percent of the row",
                      std::vector<double>(matrix.counts.begin(), matrix.counts.end()), rows, columns);
}

void run(const AnalyzeArguments& arguments, const ConfusionOptions& options, const Session& session) {
  const MapAnnotations annotations = read_map_annotations(arguments.annotations, arguments.classes, session);
  const std::vector<Detections> detections = read_map_detections(arguments.results, annotations);
  const std::size_t classes = annotations.classes.size();
  const ConfusionMatrix matrix = confusion_matrix(detections, annotations.truth, classes, options);
  const auto operations = operating_points(detections, annotations.truth, classes, options, thread_count(session.threads));
  if (arguments.json != "-") {
    if (classes <= 20) std::cout << confusion_text(matrix, annotations.classes) << '\n';
    std::cout << operation_text(operations, annotations.classes);
  }
  Json json = {{"score_threshold", options.score_threshold}, {"iou_threshold", options.iou_threshold}, {"classes", annotations.classes}};
  json["matrix"] = Json::array();
  for (std::size_t row = 0; row <= classes; ++row) {
    Json counts = Json::array();
    for (std::size_t column = 0; column <= classes; ++column) counts.push_back(matrix.at(row, column));
    json["matrix"].push_back(counts);
  }
  json["per_class"] = Json::array();
  for (std::size_t k = 0; k < classes; ++k) {
    json["per_class"].push_back({{"name", annotations.classes[k]},
                                 {"truths", operations[k].truths},
                                 {"given", point_json(operations[k].given)},
                                 {"best", point_json(operations[k].best)}});
  }
  json["findings"] = findings_json(annotations.findings);
  write_json(arguments.json, json);
  write_svg(arguments.svg, chart(matrix, annotations.classes));
}

}  // namespace

void add_analyze_confusion(CLI::App& analyze, Session& session) {
  CLI::App& command = *analyze.add_subcommand("confusion", "which classes are taken for which, and each class's best score threshold");
  const auto arguments = std::make_shared<AnalyzeArguments>();
  const auto options = std::make_shared<ConfusionOptions>();
  add_analyze_arguments(command, *arguments);
  add_svg_argument(command, *arguments, "file for the matrix as a picture");
  command.add_option("--score-thr", options->score_threshold, "detections that score less do not count")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--iou-thr", options->iou_threshold, "overlap from which a detection is right")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--nms-iou-thr", options->nms_iou_threshold, "NMS within each class first; 0: none")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  set_example(command, "detforge analyze confusion instances_val2017.json results.bbox.json --svg confusion.svg");
  command.callback([=, &session] { run(*arguments, *options, session); });
}

}  // namespace detforge::cli
