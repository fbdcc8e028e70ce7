#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <memory>

#include "detforge/cli/analyze_arguments.h"
#include "detforge/cli/dataset_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/cli/usage_error.h"
#include "detforge/data/datasets/anchor_clusters.h"

namespace detforge::cli {

namespace {

struct AnchorArguments : DatasetArguments {
  std::vector<double> input_shape = {608, 608};
  std::size_t count = 9;
  std::string algorithm = "k-means";
  std::size_t iterations = 1000;
  std::uint32_t seed = 0;
  std::string json;
};

/// As YOLO's heads take them: three sizes a level, the coarsest level first.
std::string base_sizes_text(const std::vector<BoxSize>& anchors) {
  const std::size_t levels = anchors.size() % 3 == 0 ? anchors.size() / 3 : 1;
  const std::size_t by_level = anchors.size() / levels;
  std::string text;
  for (std::size_t level = levels; level-- > 0;) {
    std::string sizes;
    for (std::size_t i = 0; i < by_level; ++i) {
      const BoxSize& anchor = anchors[level * by_level + i];
      sizes += fmt::format("{}({:.0f}, {:.0f})", i == 0 ? "" : ", ", anchor[0], anchor[1]);
    }
    text += fmt::format("{}[{}]", text.empty() ? "" : ", ", sizes);
  }
  return "[" + text + "]";
}

void run(const AnchorArguments& arguments, const Session& session) {
  const BoxSize input = {arguments.input_shape[0], arguments.input_shape[1]};
  const auto dataset = open_dataset(arguments, session);
  const std::vector<BoxSize> boxes = input_box_sizes(*dataset, input);
  NumpyRandom random(arguments.seed);
  const AnchorClusters clusters = arguments.algorithm == "k-means"
                                      ? kmeans_anchors(boxes, arguments.count, arguments.iterations, random)
                                      : evolved_anchors(boxes, arguments.count, input, arguments.iterations, random);
  Json json = {
      {"boxes", boxes.size()}, {"iterations", clusters.iterations}, {"average_iou", clusters.average_iou}, {"anchors", Json::array()}};
  for (const BoxSize& anchor : clusters.anchors) json["anchors"].push_back({std::lround(anchor[0]), std::lround(anchor[1])});
  if (arguments.json != "-") {
    std::cout << fmt::format("base_sizes={}\n", base_sizes_text(clusters.anchors))
              << fmt::format("average IoU {:.4f} of {} boxes in an input of {:g} x {:g}, after {} iterations\n", clusters.average_iou,
                             boxes.size(), input[0], input[1], clusters.iterations);
  }
  json["findings"] = findings_json(dataset->findings());
  write_json(arguments.json, json);
}

}  // namespace

void add_dataset_anchors(CLI::App& dataset, Session& session) {
  CLI::App& command = *dataset.add_subcommand("anchors", "sizes of anchors for YOLO that fit the boxes");
  const auto arguments = std::make_shared<AnchorArguments>();
  add_dataset_arguments(command, *arguments);
  command.add_option("--input-shape", arguments->input_shape, "width and height of the model's input, px")
      ->expected(2)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--count", arguments->count, "how many anchors")->check(at_least(1))->capture_default_str();
  command.add_option("--algorithm", arguments->algorithm, "k-means, or differential_evolution: slow, often better")
      ->check(one_of({"k-means", "differential_evolution"}))
      ->capture_default_str();
  command.add_option("--iterations", arguments->iterations, "at most")->check(at_least(1))->capture_default_str();
  command.add_option("--seed", arguments->seed, "of the random start")->capture_default_str();
  command.add_option("--json", arguments->json, "file for the numbers; '-': standard output, instead of the text")->type_name("FILE");
  set_example(command, "detforge dataset anchors annotations/instances_train2017.json --input-shape 416 416");
  command.callback([=, &session] { run(*arguments, session); });
}

}  // namespace detforge::cli
