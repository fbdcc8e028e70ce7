#pragma once

#include "detforge/cli/command.h"
#include "detforge/data/datasets/dataset.h"

/// What the subcommands of `dataset` share.
namespace detforge::cli {

/// Which dataset: annotations, or a config and one of its parts.
struct DatasetArguments {
  ConfigArguments config;  ///< `file` may be annotations too
  std::string part = "train";
  std::vector<std::string> classes;
  bool strict = false;
};

void add_dataset_arguments(CLI::App& command, DatasetArguments& arguments);

/// Whether the file is a config rather than annotations, by its extension.
bool is_config(const std::string& file);

/// The dataset, without a pipeline. Of annotations all images are kept and all classes taken where none are named; of a config what
/// MMDetection keeps. What was wrong with the files goes to stderr, or is an `Error` where `strict` wants all of them.
std::shared_ptr<Dataset> open_dataset(const DatasetArguments& arguments, const Session& session);

/// The config of a dataset that reads the annotations given, all images and, where none are named, all classes of it; no pipeline.
Value annotations_config(const DatasetArguments& arguments);

/// The config of `data.train` or another part. Throws `Error` where the config has none.
Value dataset_config(const Config& config, const std::string& part);

/// Tells what was found wrong, or throws it where `strict`.
void tell_findings(const Dataset& dataset, bool strict, const Session& session);

void add_dataset_anchors(CLI::App& dataset, Session& session);
void add_dataset_browse(CLI::App& dataset, Session& session);
void add_dataset_convert(CLI::App& dataset, Session& session);
void add_dataset_split(CLI::App& dataset, Session& session);
void add_dataset_stats(CLI::App& dataset, Session& session);

}  // namespace detforge::cli
