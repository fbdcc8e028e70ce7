#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <opencv2/core.hpp>
#include <set>

#include "detforge/cli/dataset_arguments.h"
#include "detforge/cli/eval_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/cli/usage_error.h"
#include "detforge/media/media.h"
#include "detforge/visualize/draw_detections.h"

namespace detforge::cli {

namespace {

namespace fs = std::filesystem;

struct BrowseArguments : DatasetArguments {
  std::string out;
  std::string image_folder;
  std::size_t count = 20;
  std::uint32_t seed = 0;
  std::string json;
};

/// Transforms that make numbers for a model of what a person can look at: MMDetection's browse_dataset passes over them too.
const std::set<std::string> for_models = {"Normalize", "DefaultFormatBundle", "ImageToTensor", "ToTensor", "ToDataContainer", "Collect"};

/// The pipelines of a dataset, and those within, without such transforms.
void keep_visible(Value& config) {
  if (config.is_sequence()) {
    Value kept = Value::list();
    for (Value& part : config.elements()) {
      const Value* type = part.find("type");
      if (type != nullptr && type->is_string() && for_models.contains(type->as_string())) continue;
      keep_visible(part);
      kept.push_back(part);
    }
    kept.set_location(config.location());
    config = kept;
  } else if (config.is_dict()) {
    for (const char* key : {"pipeline", "transforms", "dataset", "datasets"}) {
      if (Value* inner = config.find(key)) keep_visible(*inner);
    }
  }
}

/// Annotations without a config: what is there, as it is.
Value plain_pipeline(bool has_masks) {
  return Value::list({Value::dict({{"type", "LoadImageFromFile"}}),
                      Value::dict({{"type", "LoadAnnotations"}, {"with_bbox", true}, {"with_label", true}, {"with_mask", has_masks}})});
}

bool has_masks(const Dataset& dataset) {
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const AnnInfo annotations = dataset.annotations(i);
    if (!annotations.masks.empty()) return true;
  }
  return false;
}

std::shared_ptr<Dataset> browsed_dataset(const BrowseArguments& arguments, const Session& session) {
  if (is_config(arguments.config.file)) {
    const Config whole = load_config(arguments.config, session);
    Value config = dataset_config(whole, arguments.part);
    keep_visible(config);
    auto dataset = build_dataset(config, {reference_of(arguments.config, whole), "data." + arguments.part});
    tell_findings(*dataset, arguments.strict, session);
    return dataset;
  }
  Value config = annotations_config(arguments);
  config["test_mode"] = false;
  config["filter_empty_gt"] = false;
  if (!arguments.image_folder.empty()) config["img_prefix"] = arguments.image_folder;
  const auto dataset = build_dataset(config);
  tell_findings(*dataset, arguments.strict, session);
  config["pipeline"] = plain_pipeline(has_masks(*dataset));
  return build_dataset(config);
}

cv::Mat drawn(const Sample& sample, const std::vector<std::string>& classes) {
  cv::Mat image = sample.image;
  if (image.depth() != CV_8U) image.convertTo(image, CV_8U);
  Detections truth;
  if (sample.gt_bboxes) truth.boxes_xyxy = *sample.gt_bboxes;
  truth.labels = sample.gt_labels.value_or(std::vector<std::int64_t>(truth.size(), 0));
  const ImageSize size{image.rows, image.cols};
  const bool draws_masks = sample.gt_masks && sample.gt_masks->count() == truth.size() && sample.gt_masks->size() == size;
  for (std::size_t i = 0; i < truth.size() && draws_masks; ++i) truth.masks.push_back(sample.gt_masks->rle(i));
  std::vector<std::string> names = classes;
  if (sample.gt_bboxes_ignore && !draws_masks) {
    truth.boxes_xyxy.insert(truth.boxes_xyxy.end(), sample.gt_bboxes_ignore->begin(), sample.gt_bboxes_ignore->end());
    truth.labels.resize(truth.size(), static_cast<std::int64_t>(names.size()));
    names.emplace_back("ignored");
  }
  truth.scores.assign(truth.size(), 1.F);
  DrawOptions options;
  options.show_scores = false;
  return draw_detections(image, truth, names, options);
}

void run(const BrowseArguments& arguments, const Session& session) {
  const auto dataset = browsed_dataset(arguments, session);
  const std::size_t count = arguments.count == 0 ? dataset->size() : std::min(arguments.count, dataset->size());
  fs::create_directories(arguments.out);
  for (std::size_t i = 0; i < count; ++i) {
    NumpyRandom random(arguments.seed + static_cast<std::uint32_t>(i));
    const std::vector<Sample> views = dataset->get(i, random);
    for (std::size_t v = 0; v < views.size(); ++v) {
      const std::string stem = fs::path(views[v].meta.ori_filename).stem().string();
      const std::string view = views.size() > 1 ? fmt::format("_{}", v) : "";
      write_image(fs::path(arguments.out) / fmt::format("{:06d}_{}{}.jpg", i, stem, view), drawn(views[v], dataset->classes()));
    }
  }
  if (arguments.json != "-") std::cout << fmt::format("{}: pictures of {} of {} samples\n", arguments.out, count, dataset->size());
  write_json(arguments.json, {{"pictures", count}, {"samples", dataset->size()}, {"findings", findings_json(dataset->findings())}});
}

}  // namespace

void add_dataset_browse(CLI::App& dataset, Session& session) {
  CLI::App& command = *dataset.add_subcommand("browse", "pictures of the samples after the pipeline, with their boxes and masks");
  const auto arguments = std::make_shared<BrowseArguments>();
  add_dataset_arguments(command, *arguments);
  command.add_option("--out", arguments->out, "folder for the pictures")->required()->type_name("DIR");
  command.add_option("--images", arguments->image_folder, "folder of the photos, where annotations are given")->type_name("DIR");
  command.add_option("-n,--count", arguments->count, "the first so many samples; 0: all")->check(at_least(0))->capture_default_str();
  command.add_option("--seed", arguments->seed, "of the pipeline's draws")->capture_default_str();
  command.add_option("--json", arguments->json, "file for the counts and what was left out; '-': standard output, instead of the text")
      ->type_name("FILE");
  set_example(command, "detforge dataset browse configs/yolox/yolox_s_8x8_300e_coco.py --out drawn/ --count 50");
  command.callback([=, &session] { run(*arguments, session); });
}

}  // namespace detforge::cli
