#pragma once

#include "detforge/cli/eval_arguments.h"

/// What the subcommands of `analyze` share.
namespace detforge::cli {

struct AnalyzeArguments {
  std::string annotations;
  std::string results;
  std::vector<std::string> classes;
  std::string json;
  std::string svg;
};

/// `annotations`, `results`, `--classes`, `--json`.
void add_analyze_arguments(CLI::App& command, AnalyzeArguments& arguments);
void add_svg_argument(CLI::App& command, AnalyzeArguments& arguments, const std::string& meaning);

/// Writes the chart where there is a name for it.
void write_svg(const std::string& path, const std::string& svg);

void add_analyze_compare(CLI::App& analyze, Session& session);
void add_analyze_confusion(CLI::App& analyze, Session& session);
void add_analyze_errors(CLI::App& analyze, Session& session);
void add_analyze_images(CLI::App& analyze, Session& session);

}  // namespace detforge::cli
