#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "detforge/base/error.h"
#include "detforge/base/parallel.h"
#include "detforge/cli/analyze_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/eval/analysis/error_curves.h"
#include "detforge/eval/analysis/error_types.h"
#include "detforge/eval/numpy_mean.h"
#include "detforge/eval/table.h"
#include "detforge/visualize/charts.h"

namespace detforge::cli {

namespace {

double area_of_curve(const std::vector<double>& curve) { return curve.empty() ? 0 : numpy_mean(std::span<const double>(curve)); }

std::string types_text(const ErrorTypes& types) {
  std::vector<std::vector<std::string>> rows = {{"error", "count", "gain of AP50"}};
  for (std::size_t e = 0; e < detection_errors; ++e) {
    rows.push_back({std::string(detection_error_names()[e]), std::to_string(types.count[e]), fmt::format("{:.3f}", types.gain[e])});
  }
  rows.push_back({"all false positives", "", fmt::format("{:.3f}", types.gain_without_false_positives)});
  rows.push_back({"all missed", "", fmt::format("{:.3f}", types.gain_without_missed)});
  return fmt::format("AP50 = {:.3f}; gain if errors of one type were put right:\n", types.precision) + ascii_table(rows);
}

std::string curves_text(const CocoAnnotations& annotations, const ErrorAnalysis& analysis) {
  std::vector<std::vector<std::string>> rows = {{"category"}};
  for (const std::string_view name : error_curve_names()) rows[0].emplace_back(name);
  const auto add = [&](const std::string& name, const ErrorCurves& curves) {
    rows.push_back({name});
    for (const auto& curve : curves) rows.back().push_back(fmt::format("{:.3f}", area_of_curve(curve)));
  };
  for (std::size_t k = 0; k < analysis.categories.size(); ++k) {
    if (!analysis.categories[k][0].empty()) add(annotations.categories[k].name, analysis.categories[k]);
  }
  add("all", analysis.mean);
  return ascii_table(rows, true);
}

Json curves_json(const CocoAnnotations& annotations, const ErrorAnalysis& analysis) {
  Json json;
  for (std::size_t c = 0; c < error_curve_count; ++c) {
    const std::string name(error_curve_names()[c]);
    json["mean"][name] = area_of_curve(analysis.mean[c]);
    json["mean_curves"][name] = analysis.mean[c];
    for (std::size_t k = 0; k < analysis.categories.size(); ++k) {
      if (!analysis.categories[k][c].empty())
        json["per_class"][annotations.categories[k].name][name] = area_of_curve(analysis.categories[k][c]);
    }
  }
  return json;
}

std::string chart(const ErrorAnalysis& analysis) {
  std::vector<ChartSeries> series;
  for (std::size_t c = 0; c < error_curve_count; ++c) {
    series.push_back({fmt::format("[{:.3f}] {}", area_of_curve(analysis.mean[c]), error_curve_names()[c]), analysis.mean[c]});
  }
  return area_chart_svg("Errors over all categories", "recall", "precision", series);
}

void run(const AnalyzeArguments& arguments, const Session& session) {
  const bool has_coco = std::filesystem::path(arguments.annotations).extension() == ".json";
  if (!has_coco && !arguments.svg.empty()) throw Error("the curves need annotations in COCO's layout, .json", ErrorKind::Usage);
  const MapAnnotations annotations = read_map_annotations(arguments.annotations, arguments.classes, session);
  const ErrorTypes types = error_types(read_map_detections(arguments.results, annotations), annotations.truth, annotations.classes.size());
  Json json;
  json["AP50"] = types.precision;
  for (std::size_t e = 0; e < detection_errors; ++e) {
    json["types"][std::string(detection_error_names()[e])] = {{"count", types.count[e]}, {"gain", types.gain[e]}};
  }
  json["types"]["FalsePositives"] = {{"gain", types.gain_without_false_positives}};
  json["types"]["Missed"] = {{"gain", types.gain_without_missed}};
  if (arguments.json != "-") std::cout << types_text(types);
  if (has_coco) {
    const CocoAnnotations coco = read_coco_annotations(JsonDocument::read(arguments.annotations), false);
    const CocoResults results = read_results(arguments.results, coco, false, session);
    const ErrorAnalysis analysis = error_curves(coco, results, false, thread_count(session.threads));
    if (arguments.json != "-")
      std::cout << "\nprecision as mistakes are forgiven, one kind after the other:\n" << curves_text(coco, analysis);
    json["curves"] = curves_json(coco, analysis);
    write_svg(arguments.svg, chart(analysis));
  }
  json["findings"] = findings_json(annotations.findings);
  write_json(arguments.json, json);
}

}  // namespace

void add_analyze_errors(CLI::App& analyze, Session& session) {
  CLI::App& command =
      *analyze.add_subcommand("errors", "what kinds of mistakes cost how much: TIDE's six types, and COCO's curves C75 to FN");
  const auto arguments = std::make_shared<AnalyzeArguments>();
  add_analyze_arguments(command, *arguments);
  add_svg_argument(command, *arguments, "file for COCO's curves as a picture");
  set_example(command, "detforge analyze errors instances_val2017.json results.bbox.json --svg errors.svg");
  command.callback([=, &session] { run(*arguments, session); });
}

}  // namespace detforge::cli
