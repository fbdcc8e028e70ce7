#include <cmath>
#include <iostream>

#include "detforge/base/files.h"
#include "detforge/cli/command.h"
#include "detforge/cli/eval_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/cli/usage_error.h"
#include "detforge/eval/results/mmdet_results.h"

namespace detforge::cli {

void add_eval_arguments(CLI::App& command, EvalArguments& arguments, const std::vector<std::string>& types,
                        const std::string& annotations) {
  command.add_option("annotations", arguments.annotations, annotations)->required()->type_name("ANNOTATIONS");
  command.add_option("results", arguments.results, "detections: .json, or what MMDetection's test writes, .pkl")
      ->required()
      ->type_name("RESULTS");
  std::string names;
  for (const std::string& type : types) names += (names.empty() ? "" : ", ") + type;
  command.add_option("--type", arguments.type, names)->check(one_of(types))->capture_default_str();
  command.add_option("--json", arguments.json, "file for the numbers; '-': standard output, instead of the table")->type_name("FILE");
}

bool is_pickle(const std::filesystem::path& file) { return file.extension() == ".pkl" || file.extension() == ".pickle"; }

CocoAnnotations read_annotations(const std::string& file, bool with_masks, const Session& session, AnnotationStyle style) {
  CocoAnnotations annotations = read_coco_annotations(JsonDocument::read(file), with_masks, style);
  tell(annotations.findings, session);
  return annotations;
}

CocoResults read_results(const std::string& file, const CocoAnnotations& annotations, bool with_masks, const Session& session) {
  CocoResults results = is_pickle(file) ? to_coco(read_mmdet_results(file), annotations, with_masks)
                                        : read_coco_results(JsonDocument::read(file), annotations, with_masks);
  tell(results.findings, session);
  return results;
}

MapAnnotations read_map_annotations(const std::string& file, const std::vector<std::string>& classes, const Session& session) {
  if (std::filesystem::path(file).extension() == ".json") return map_annotations(read_annotations(file, false, session));
  MapAnnotations annotations = read_voc_annotations(file, classes.empty() ? voc_classes() : classes);
  tell(annotations.findings, session);
  return annotations;
}

std::vector<Detections> read_map_detections(const std::string& file, const MapAnnotations& annotations) {
  return is_pickle(file) ? to_map(read_mmdet_results(file), annotations) : read_map_results(JsonDocument::read(file), annotations);
}

void write_json(const std::string& path, const Json& json) {
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (path == "-") {
    std::cout << text;
  } else if (!path.empty()) {
    atomic_write(path, text);
  }
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

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

std::string classwise_table(const std::vector<CocoCategory>& categories, const std::vector<CategoryMetrics>& metrics) {
  std::vector<std::string> names;
  for (const CocoCategory& category : categories) names.push_back(category.name);
  return classwise_text(names, metrics);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void add_eval(CLI::App& program, Session& session) {
  CLI::App& eval = *program.add_subcommand("eval", "evaluate anyone's results against ground truth");
  eval.require_subcommand(1);
  eval.fallthrough();
  add_eval_coco(eval, session);
  add_eval_voc(eval, session);
  add_eval_lvis(eval, session);
}

}  // namespace detforge::cli
