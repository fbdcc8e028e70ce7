#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <numeric>

#include "detforge/base/parallel.h"
#include "detforge/cli/analyze_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/cli/usage_error.h"
#include "detforge/eval/analysis/compare.h"
#include "detforge/eval/table.h"
#include "detforge/visualize/charts.h"

namespace detforge::cli {

namespace {

struct CompareArguments : AnalyzeArguments {
  std::string second;
  std::size_t count = 10;
  std::size_t resamples = 200;
  std::uint32_t seed = 0;
};

/// Positions by the size of their difference, greatest first; those without one are left out.
std::vector<std::size_t> by_difference(const std::vector<double>& first, const std::vector<double>& second) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!std::isnan(first[i]) && !std::isnan(second[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return std::abs(second[a] - first[a]) > std::abs(second[b] - first[b]); });
  return order;
}

std::string table(const char* what, const std::vector<std::string>& names, const std::vector<double>& first,
                  const std::vector<double>& second, std::size_t count) {
  std::vector<std::vector<std::string>> rows = {{what, "A", "B", "B - A"}};
  for (const std::size_t i : by_difference(first, second)) {
    if (rows.size() > count || first[i] == second[i]) break;
    rows.push_back(
        {names[i], fmt::format("{:.3f}", first[i]), fmt::format("{:.3f}", second[i]), fmt::format("{:+.3f}", second[i] - first[i])});
  }
  return rows.size() == 1 ? "" : ascii_table(rows);
}

Json list(const std::vector<std::string>& names, const std::vector<double>& first, const std::vector<double>& second) {
  Json json = Json::array();
  for (std::size_t i = 0; i < names.size(); ++i)
    json.push_back({{"name", names[i]}, {"A", number_or_null(first[i])}, {"B", number_or_null(second[i])}});
  return json;
}

std::string chart(const Comparison& comparison, const std::vector<std::string>& classes) {
  std::vector<std::string> names;
  std::vector<double> values;
  for (const std::size_t k : by_difference(comparison.first_classes, comparison.second_classes)) {
    if (comparison.first_classes[k] == comparison.second_classes[k]) break;
    names.push_back(classes[k]);
    values.push_back(comparison.second_classes[k] - comparison.first_classes[k]);
  }
  return bar_chart_svg("AP of B minus AP of A", names, values);
}

void run(const CompareArguments& arguments, const Session& session) {
  const MapAnnotations annotations = read_map_annotations(arguments.annotations, arguments.classes, session);
  const std::vector<Detections> first = read_map_detections(arguments.results, annotations);
  const std::vector<Detections> second = read_map_detections(arguments.second, annotations);
  const Comparison comparison = compare_results(first, second, annotations.truth, annotations.classes.size(), arguments.resamples,
                                                arguments.seed, thread_count(session.threads));
  if (arguments.json != "-") {
    std::cout << fmt::format("AP: A {:.3f}, B {:.3f}, B - A {:+.3f}, 95 % of {} resamplings of the images between {:+.3f} and {:+.3f}\n",
                             comparison.first, comparison.second, comparison.second - comparison.first, arguments.resamples,
                             comparison.difference.low, comparison.difference.high)
              << table("class", annotations.classes, comparison.first_classes, comparison.second_classes, arguments.count)
              << table("image", annotations.image_names, comparison.first_images, comparison.second_images, arguments.count);
  }
  Json json;
  json["A"] = number_or_null(comparison.first);
  json["B"] = number_or_null(comparison.second);
  json["difference"] = number_or_null(comparison.second - comparison.first);
  json["interval"] = {comparison.difference.low, comparison.difference.high};
  json["per_class"] = list(annotations.classes, comparison.first_classes, comparison.second_classes);
  json["images"] = list(annotations.image_names, comparison.first_images, comparison.second_images);
  json["findings"] = findings_json(annotations.findings);
  write_json(arguments.json, json);
  write_svg(arguments.svg, chart(comparison, annotations.classes));
}

}  // namespace

void add_analyze_compare(CLI::App& analyze, Session& session) {
  CLI::App& command =
      *analyze.add_subcommand("compare", "two results of one dataset: which classes and images moved, and is it more than chance");
  const auto arguments = std::make_shared<CompareArguments>();
  add_analyze_arguments(command, *arguments);
  command.add_option("second", arguments->second, "the other results (B)")->required()->type_name("RESULTS");
  add_svg_argument(command, *arguments, "file for the classes' differences as a picture");
  command.add_option("-k,--count", arguments->count, "rows of each table")->check(at_least(1))->capture_default_str();
  command.add_option("--resamples", arguments->resamples, "draws of images for the interval")->check(at_least(1))->capture_default_str();
  command.add_option("--seed", arguments->seed, "of the draws")->capture_default_str();
  set_example(command, "detforge analyze compare instances_val2017.json before.bbox.json after.bbox.json");
  command.callback([=, &session] { run(*arguments, session); });
}

}  // namespace detforge::cli
