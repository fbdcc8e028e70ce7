#include <algorithm>
#include <filesystem>

#include "detforge/cli/dataset_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/cli/usage_error.h"
#include "detforge/data/formats/voc_xml.h"

namespace detforge::cli {

namespace {

namespace fs = std::filesystem;

/// Nothing is loaded here but annotations.
void drop_pipelines(Value& config) {
  if (config.is_sequence()) {
    for (Value& part : config.elements()) drop_pipelines(part);
  } else if (config.is_dict()) {
    bool is_wrapper = false;
    for (const char* key : {"dataset", "datasets"}) {
      Value* inner = config.find(key);
      if (inner == nullptr) continue;
      is_wrapper = true;
      drop_pipelines(*inner);
    }
    if (!is_wrapper || config.contains("pipeline")) config["pipeline"] = Value::list();
  }
}

/// Of `VOC2007/ImageSets/Main/test.txt`, of `VOC2007`, or of a folder of XML files.
Value voc_config(const fs::path& given) {
  const fs::path source = voc_xml_folder(given);
  Value config = Value::dict({{"type", "XMLDataset"}, {"ann_file", source.string()}});
  fs::path path = fs::absolute(source).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (fs::is_directory(path)) {
    config["ann_subdir"] = path.filename().string();
    config["img_prefix"] = path.parent_path().string();
  } else {
    config["img_prefix"] = path.parent_path().parent_path().parent_path().string();
  }
  return config;
}

}  // namespace

void add_dataset_arguments(CLI::App& command, DatasetArguments& arguments) {
  command
      .add_option("source", arguments.config.file,
                  "annotations (COCO's .json, VOC's list .txt, its folder or one of .xml) or a config (.py, .yaml)")
      ->required()
      ->type_name("FILE|CONFIG");
  command.add_option("--part", arguments.part, "which of a config's datasets")
      ->check(one_of({"train", "val", "test"}))
      ->capture_default_str();
  command.add_option("--classes", arguments.classes, "the classes that count, instead of all of the file or those of the config")
      ->delimiter(',');
  command.add_option("--cfg-options", arguments.config.cfg_options, "change keys of the config")->type_name("KEY=VALUE");
  command.add_flag("--strict", arguments.strict, "fail where a record is wrong, instead of leaving it out");
}

bool is_config(const std::string& file) {
  const std::string extension = fs::path(file).extension().string();
  return extension == ".py" || extension == ".yaml" || extension == ".yml";
}

Value dataset_config(const Config& config, const std::string& part) {
  const Value* data = config.find("data");
  const Value* found = data == nullptr ? nullptr : data->find(part);
  if (found == nullptr) throw Error("the config has no 'data." + part + "'").at(config.filename());
  return *found;
}

void tell_findings(const Dataset& dataset, bool strict, const Session& session) {
  if (strict) dataset.findings().refuse();
  tell(dataset.findings(), session);
}

Value annotations_config(const DatasetArguments& arguments) {
  const std::string& file = arguments.config.file;
  const bool is_coco = fs::path(file).extension() == ".json";
  // LVIS takes every category of a file for a class.
  Value config =
      !is_coco ? voc_config(file) : Value::dict({{"type", arguments.classes.empty() ? "LVISDataset" : "CocoDataset"}, {"ann_file", file}});
  config["pipeline"] = Value::list();
  config["test_mode"] = true;
  std::vector<std::string> classes = arguments.classes;
  if (classes.empty() && !is_coco) classes = voc_class_names(file);
  if (classes.empty()) return config;
  config["classes"] = Value::list({classes.begin(), classes.end()});
  return config;
}

std::shared_ptr<Dataset> open_dataset(const DatasetArguments& arguments, const Session& session) {
  Value config;
  BuildContext context;
  if (is_config(arguments.config.file)) {
    const Config whole = load_config(arguments.config, session);
    context = {reference_of(arguments.config, whole), "data." + arguments.part};
    config = dataset_config(whole, arguments.part);
    drop_pipelines(config);
    if (!arguments.classes.empty() && config.is_dict())
      config["classes"] = Value::list({arguments.classes.begin(), arguments.classes.end()});
  } else {
    config = annotations_config(arguments);
  }
  auto dataset = build_dataset(config, context);
  tell_findings(*dataset, arguments.strict, session);
  return dataset;
}

void add_dataset(CLI::App& program, Session& session) {
  CLI::App& dataset = *program.add_subcommand("dataset", "look at datasets, and change them");
  dataset.require_subcommand(1);
  dataset.fallthrough();
  add_dataset_stats(dataset, session);
  add_dataset_browse(dataset, session);
  add_dataset_convert(dataset, session);
  add_dataset_split(dataset, session);
  add_dataset_anchors(dataset, session);
}

}  // namespace detforge::cli
