#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "detforge/cli/command.h"
#include "detforge/eval/coco/coco_summary.h"
#include "detforge/eval/results/coco_results.h"
#include "detforge/eval/voc/voc_annotations.h"

/// What the subcommands of `eval` and `analyze` share.
namespace detforge::cli {

struct EvalArguments {
  std::string annotations;
  std::string results;
  std::string type = "bbox";
  std::string json;
  bool classwise = false;
};

/// `annotations`, `results`, `--type` and `--json`.
void add_eval_arguments(CLI::App& command, EvalArguments& arguments, const std::vector<std::string>& types, const std::string& annotations);

/// MMDetection's results, by the file's extension; else they are JSON.
bool is_pickle(const std::filesystem::path& file);

/// Annotations in COCO's layout; what takes no part of them goes to stderr.
CocoAnnotations read_annotations(const std::string& file, bool with_masks, const Session& session,
                                 AnnotationStyle style = AnnotationStyle::Coco);

/// Results for annotations in COCO's layout, from either; what takes no part of them goes to stderr.
CocoResults read_results(const std::string& file, const CocoAnnotations& annotations, bool with_masks, const Session& session);

/// Ground truth for mean average precision: VOC's list of images or folder of XML, or COCO's .json; no `classes` are VOC's twenty.
MapAnnotations read_map_annotations(const std::string& file, const std::vector<std::string>& classes, const Session& session);
std::vector<Detections> read_map_detections(const std::string& file, const MapAnnotations& annotations);

using Json = nlohmann::ordered_json;

/// To the file, to standard output for `-`, or nowhere for an empty name.
void write_json(const std::string& path, const Json& json);

/// Null for what is not finite.
Json number_or_null(double value);
Json per_class_json(const std::vector<CocoCategory>& categories, const std::vector<CategoryMetrics>& metrics);
std::string classwise_table(const std::vector<CocoCategory>& categories, const std::vector<CategoryMetrics>& metrics);

double seconds_since(std::chrono::steady_clock::time_point start);

void add_eval_coco(CLI::App& eval, Session& session);
void add_eval_lvis(CLI::App& eval, Session& session);
void add_eval_voc(CLI::App& eval, Session& session);

}  // namespace detforge::cli
