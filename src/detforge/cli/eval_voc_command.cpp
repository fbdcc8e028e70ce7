#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "detforge/base/parallel.h"
#include "detforge/cli/eval_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/cli/usage_error.h"
#include "detforge/eval/coco/recall_text.h"
#include "detforge/eval/numpy_mean.h"

namespace detforge::cli {

namespace {

struct VocArguments : EvalArguments {
  std::vector<std::string> classes;
  std::vector<double> iou_thresholds = {0.5};
  std::vector<std::size_t> proposal_counts = {100, 300, 1000};
  std::string curve = "auto";
};

Json precision_json(const MapResult& result, const std::vector<std::string>& names) {
  Json list = Json::array();
  for (std::size_t k = 0; k < result.classes.size(); ++k) {
    const ClassPrecision& one = result.classes[k];
    list.push_back({{"name", names[k]},
                    {"truths", one.truths[0]},
                    {"detections", one.detections},
                    {"recall", one.recall[0].empty() ? 0 : one.recall[0].back()},
                    {"AP", one.average_precision[0]}});
  }
  return list;
}

/// The mean average precision at each threshold, and their mean.
Json evaluate_precision(const VocArguments& arguments, const MapAnnotations& annotations, const std::vector<Detections>& detections,
                        const Session& session) {
  Json json;
  std::vector<double> means;
  MapOptions options;
  options.legacy_coordinates = true;
  options.eleven_points = arguments.curve == "11points" || (arguments.curve == "auto" && annotations.is_voc2007);
  for (const double threshold : arguments.iou_thresholds) {
    options.iou_threshold = threshold;
    const MapResult result =
        mean_average_precision(detections, annotations.truth, annotations.classes.size(), options, thread_count(session.threads));
    if (arguments.json != "-")
      std::cout << fmt::format("\n{0}iou_thr: {1}{0}\n", std::string(15, '-'), threshold) << map_text(result, annotations.classes, options);
    means.push_back(result.mean[0]);
    json[fmt::format("AP{:02d}", static_cast<int>(threshold * 100))] = means.back();
    if (!json.contains("per_class")) json["per_class"] = precision_json(result, annotations.classes);
  }
  json["mAP"] = numpy_mean(std::span<const double>(means));
  return json;
}

Json evaluate_recall(const VocArguments& arguments, const MapAnnotations& annotations, const std::vector<Detections>& detections) {
  std::vector<std::vector<BoxXyxy>> truth;
  for (const ImageTruth& image : annotations.truth) truth.push_back(image.boxes);
  const auto recalls = proposal_recalls(truth, detections, arguments.proposal_counts, arguments.iou_thresholds, true);
  Json json;
  for (std::size_t i = 0; i < recalls.size(); ++i) {
    for (std::size_t j = 0; j < recalls[i].size(); ++j) {
      json["recalls"][fmt::format("recall@{}@{}", arguments.proposal_counts[i], arguments.iou_thresholds[j])] = recalls[i][j];
    }
    json["recalls"][fmt::format("AR@{}", arguments.proposal_counts[i])] = numpy_mean(std::span<const double>(recalls[i]));
  }
  if (arguments.json != "-") std::cout << recall_text(recalls, arguments.proposal_counts, arguments.iou_thresholds);
  return json;
}

void run(VocArguments arguments, const Session& session) {
  std::ranges::sort(arguments.proposal_counts);  // recalls are those of the first so many
  const auto start = std::chrono::steady_clock::now();
  const MapAnnotations annotations = read_map_annotations(arguments.annotations, arguments.classes, session);
  const std::vector<Detections> detections = read_map_detections(arguments.results, annotations);
  const double load_seconds = seconds_since(start);
  const auto loaded = std::chrono::steady_clock::now();
  Json json = arguments.type == "proposal" ? evaluate_recall(arguments, annotations, detections)
                                           : evaluate_precision(arguments, annotations, detections, session);
  json["findings"] = findings_json(annotations.findings);
  json["load_seconds"] = load_seconds;
  json["evaluate_seconds"] = seconds_since(loaded);
  write_json(arguments.json, json);
}

}  // namespace

void add_eval_voc(CLI::App& eval, Session& session) {
  CLI::App& command =
      *eval.add_subcommand("voc", "Pascal VOC's mean average precision, or the recall of proposals, as MMDetection has them");
  const auto arguments = std::make_shared<VocArguments>();
  add_eval_arguments(command, *arguments, {"bbox", "proposal"},
                     "VOC's list of images (VOC2007/ImageSets/Main/test.txt), a folder of XML files, or .json in COCO's layout");
  command.add_option("--classes", arguments->classes, "names of the classes, in the order of the results' labels (default: VOC's twenty)")
      ->delimiter(',');
  command.add_option("--iou-thrs", arguments->iou_thresholds, "IoU thresholds")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_option("--curve", arguments->curve, "auto, area or 11points; auto: 11 points if the path says VOC2007")
      ->check(one_of({"auto", "area", "11points"}))
      ->capture_default_str();
  command.add_option("--proposal-nums", arguments->proposal_counts, "proposals of an image that count, ascending")
      ->check(at_least(1))
      ->capture_default_str();
  set_example(command, "detforge eval voc VOCdevkit/VOC2007/ImageSets/Main/test.txt results.pkl");
  command.callback([=, &session] { run(*arguments, session); });
}

}  // namespace detforge::cli
