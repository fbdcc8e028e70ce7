#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <opencv2/core.hpp>

#include "detforge/base/parallel.h"
#include "detforge/cli/analyze_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/cli/usage_error.h"
#include "detforge/eval/analysis/columns.h"
#include "detforge/eval/table.h"
#include "detforge/media/media.h"
#include "detforge/visualize/draw_detections.h"

namespace detforge::cli {

namespace {

struct ImagesArguments : AnalyzeArguments {
  std::size_t count = 10;
  double score_threshold = 0.3;
  std::string image_folder;
  std::string out;
};

/// Ground truth on the left, detections on the right.
cv::Mat draw_both(const cv::Mat& image, const ImageTruth& truth, const Detections& detections, const std::vector<std::string>& classes,
                  double score_threshold) {
  const Detections as_detections{truth.boxes, std::vector<float>(truth.boxes.size(), 1.F), truth.labels};
  DrawOptions options;
  options.score_threshold = score_threshold;
  DrawOptions of_truth;
  of_truth.show_scores = false;
  const cv::Mat left = draw_detections(image, as_detections, classes, of_truth);
  cv::Mat both;
  cv::hconcat(left, draw_detections(image, detections, classes, options), both);
  return both;
}

void run(const ImagesArguments& arguments, const Session& session) {
  const MapAnnotations annotations = read_map_annotations(arguments.annotations, arguments.classes, session);
  const std::vector<Detections> detections = read_map_detections(arguments.results, annotations);
  const std::vector<double> precisions =
      image_precisions(detections, annotations.truth, annotations.classes.size(), thread_count(session.threads));
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < precisions.size(); ++i) {
    if (!std::isnan(precisions[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return precisions[a] > precisions[b]; });

  Json json = {{"best", Json::array()}, {"worst", Json::array()}, {"images", Json::array()}};
  std::vector<std::vector<std::string>> rows = {{"", "image", "AP", "gts", "dets"}};
  const std::size_t count = std::min(arguments.count, order.size());
  const auto show = [&](const char* kind, std::size_t place, std::size_t image) {
    const std::string& name = annotations.image_names[image];
    rows.push_back({place == 0 ? kind : "", name, fmt::format("{:.3f}", precisions[image]),
                    std::to_string(annotations.truth[image].boxes.size()), std::to_string(detections[image].size())});
    json[kind].push_back({{"name", name}, {"AP", precisions[image]}});
    if (arguments.out.empty()) return;
    const cv::Mat photo = read_image(std::filesystem::path(arguments.image_folder) / annotations.image_files[image]);
    const cv::Mat both = draw_both(photo, annotations.truth[image], detections[image], annotations.classes, arguments.score_threshold);
    std::filesystem::create_directories(arguments.out);
    write_image(std::filesystem::path(arguments.out) / fmt::format("{}_{:03d}_{}.jpg", kind, place + 1, name), both);
  };
  for (std::size_t i = 0; i < count; ++i) show("best", i, order[i]);
  for (std::size_t i = 0; i < count; ++i) show("worst", i, order[order.size() - 1 - i]);
  for (std::size_t i = 0; i < precisions.size(); ++i) {
    json["images"].push_back({{"name", annotations.image_names[i]}, {"AP", number_or_null(precisions[i])}});
  }
  if (arguments.json != "-") std::cout << ascii_table(rows);
  json["findings"] = findings_json(annotations.findings);
  write_json(arguments.json, json);
}

}  // namespace

void add_analyze_images(CLI::App& analyze, Session& session) {
  CLI::App& command = *analyze.add_subcommand("images", "the images that went best and worst, drawn with ground truth and detections");
  const auto arguments = std::make_shared<ImagesArguments>();
  add_analyze_arguments(command, *arguments);
  command.add_option("-k,--count", arguments->count, "so many of each")->check(at_least(1))->capture_default_str();
  CLI::Option* out =
      command.add_option("--out", arguments->out, "folder for the pictures: ground truth left, detections right")->type_name("DIR");
  CLI::Option* images = command.add_option("--images", arguments->image_folder, "folder of the photos")->type_name("DIR");
  out->needs(images);
  command.add_option("--score-thr", arguments->score_threshold, "detections that score less are not drawn")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  set_example(command, "detforge analyze images instances_val2017.json results.bbox.json --images val2017/ --out drawn/");
  command.callback([=, &session] { run(*arguments, session); });
}

}  // namespace detforge::cli
