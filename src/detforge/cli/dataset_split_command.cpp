#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>

#include "detforge/base/files.h"
#include "detforge/base/input_files.h"
#include "detforge/cli/dataset_arguments.h"
#include "detforge/cli/eval_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/data/datasets/split.h"
#include "detforge/data/formats/voc_xml.h"
#include "detforge/data/interchange/split_coco.h"

namespace detforge::cli {

namespace {

namespace fs = std::filesystem;

struct SplitArguments {
  std::string source;
  std::string out;
  std::vector<double> ratios = {0.8, 0.2};
  std::vector<std::string> names = {"train", "val"};
  std::uint32_t seed = 0;
  bool stratify = false;
  std::string json;
};

/// The file of a part and what to write into it.
struct SplitPart {
  fs::path file;
  std::string text;
  std::size_t images = 0;
};

std::vector<std::size_t> chosen_parts(const SplitArguments& arguments, std::size_t images,
                                      const std::function<std::vector<std::vector<std::int64_t>>()>& classes) {
  NumpyRandom random(arguments.seed);
  return arguments.stratify ? split_stratified(classes(), arguments.ratios, random) : split_images(images, arguments.ratios, random);
}

std::vector<SplitPart> split_json(const SplitArguments& arguments, AnnotationFindings& findings) {
  const JsonDocument document = JsonDocument::read(arguments.source);
  const std::size_t images = document.root()["images"].size();
  const auto part_of = chosen_parts(arguments, images, [&] { return coco_categories_by_image(document); });
  const std::vector<std::string> texts = split_coco(document, part_of, arguments.names.size(), findings);
  std::vector<SplitPart> parts;
  for (std::size_t i = 0; i < texts.size(); ++i) parts.push_back({fs::path(arguments.out) / (arguments.names[i] + ".json"), texts[i]});
  for (const std::size_t part : part_of) ++parts[part].images;
  return parts;
}

std::vector<SplitPart> split_voc(const SplitArguments& arguments) {
  const std::vector<fs::path> files = voc_xml_files(arguments.source);
  const auto part_of = chosen_parts(arguments, files.size(), [&] {
    const std::vector<std::string> names = voc_class_names(arguments.source);
    std::vector<std::vector<std::int64_t>> classes;
    for (const fs::path& file : files) {
      classes.emplace_back();
      for (const VocObject& object : read_voc_xml(file).objects) {
        classes.back().push_back(std::lower_bound(names.begin(), names.end(), object.name) - names.begin());
      }
    }
    return classes;
  });
  std::vector<SplitPart> parts;
  for (const std::string& name : arguments.names) parts.push_back({fs::path(arguments.out) / (name + ".txt"), {}});
  for (std::size_t i = 0; i < files.size(); ++i) {
    parts[part_of[i]].text += files[i].stem().string() + "\n";
    ++parts[part_of[i]].images;
  }
  return parts;
}

void run(const SplitArguments& arguments, const Session& session) {
  if (arguments.names.size() != arguments.ratios.size()) {
    throw Error(fmt::format("there are {} names for {} ratios", arguments.names.size(), arguments.ratios.size()), ErrorKind::Usage);
  }
  InputFiles inputs;
  inputs.add(arguments.source);
  for (const std::string& name : arguments.names) {
    for (const char* extension : {".json", ".txt"}) inputs.refuse(fs::path(arguments.out) / (name + extension));
  }
  const bool is_json = fs::path(arguments.source).extension() == ".json";
  AnnotationFindings findings;
  const std::vector<SplitPart> parts = is_json ? split_json(arguments, findings) : split_voc(arguments);
  tell(findings, session);
  fs::create_directories(arguments.out);
  Json json = {{"parts", Json::array()}};
  for (const SplitPart& part : parts) {
    atomic_write(part.file, part.text);
    json["parts"].push_back({{"file", part.file.string()}, {"images", part.images}});
    if (arguments.json != "-") std::cout << fmt::format("{}: {} images\n", part.file.string(), part.images);
  }
  json["findings"] = findings_json(findings);
  write_json(arguments.json, json);
}

}  // namespace

void add_dataset_split(CLI::App& dataset, Session& session) {
  CLI::App& command = *dataset.add_subcommand("split", "share the images out at random, as COCO files or VOC lists");
  const auto arguments = std::make_shared<SplitArguments>();
  command.add_option("source", arguments->source, "COCO's .json, or VOC's list .txt or folder of .xml")->required()->type_name("FILE");
  command.add_option("--out", arguments->out, "folder for the parts")->required()->type_name("DIR");
  command.add_option("--ratios", arguments->ratios, "shares of the parts")->check(CLI::PositiveNumber)->capture_default_str();
  command.add_option("--names", arguments->names, "their names")->capture_default_str();
  command.add_option("--seed", arguments->seed, "of the random order; the same one gives the same parts")->capture_default_str();
  command.add_flag("--stratify", arguments->stratify, "share out every class like the images");
  command.add_option("--json", arguments->json, "file for the counts and what was left out; '-': standard output, instead of the text")
      ->type_name("FILE");
  set_example(command, "detforge dataset split instances.json --out splits/ --ratios 0.7 0.2 0.1 --names train val test --stratify");
  command.callback([=, &session] { run(*arguments, session); });
}

}  // namespace detforge::cli
