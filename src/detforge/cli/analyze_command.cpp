#include "detforge/base/files.h"
#include "detforge/cli/analyze_arguments.h"
#include "detforge/cli/command.h"

namespace detforge::cli {

void add_analyze_arguments(CLI::App& command, AnalyzeArguments& arguments) {
  command
      .add_option("annotations", arguments.annotations,
                  "ground truth: .json in COCO's layout, VOC's list of images, or a folder of XML files")
      ->required()
      ->type_name("ANNOTATIONS");
  command.add_option("results", arguments.results, "detections: .json, or what MMDetection's test writes, .pkl")
      ->required()
      ->type_name("RESULTS");
  command.add_option("--classes", arguments.classes, "names of VOC's classes, in the order of the results' labels (default: VOC's twenty)")
      ->delimiter(',');
  command.add_option("--json", arguments.json, "file for the numbers; '-': standard output, instead of the table")->type_name("FILE");
}

void add_svg_argument(CLI::App& command, AnalyzeArguments& arguments, const std::string& meaning) {
  command.add_option("--svg", arguments.svg, meaning)->type_name("FILE");
}

void write_svg(const std::string& path, const std::string& svg) {
  if (!path.empty()) atomic_write(path, svg);
}

void add_analyze(CLI::App& program, Session& session) {
  CLI::App& analyze = *program.add_subcommand("analyze", "what a detector's results get right and wrong");
  analyze.require_subcommand(1);
  analyze.fallthrough();
  add_analyze_confusion(analyze, session);
  add_analyze_errors(analyze, session);
  add_analyze_images(analyze, session);
  add_analyze_compare(analyze, session);
}

}  // namespace detforge::cli
