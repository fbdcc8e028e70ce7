#include "detforge/data/datasets/dataset_config.h"

#include <algorithm>
#include <filesystem>

namespace detforge {

namespace {

namespace fs = std::filesystem;

struct DatasetPathKey {
  const char* name;
  const char* what;
  bool is_below_data_root;
};

constexpr DatasetPathKey dataset_path_keys[] = {
    {"ann_file", "file", true},        {"img_prefix", "folder", true}, {"seg_prefix", "folder", true},
    {"proposal_file", "file", true},   {"classes", "file", false},     {"label_file", "file", false},
    {"hierarchy_file", "file", false}, {"meta_file", "file", false},   {"image_level_ann_file", "file", false},
};

/// A text in the place of names is a file of them: most often a comma is missing.
Error no_class_file(const std::string& text) {
  Error error("there is no file '" + text + "'");
  const bool looks_like_file = text.find('/') != std::string::npos || fs::path(text).has_extension();
  if (!looks_like_file) error.help("a text is the name of a file with one class a line; ('" + text + "',) with its comma is one class");
  return error;
}

void check_path(const Value& value, const DatasetPathKey& key, const std::string& root, const std::string& path,
                std::vector<Diagnostic>& missing) {
  const std::string& text = value.as_string();
  const fs::path file = key.is_below_data_root ? fs::path(root) / text : fs::path(text);
  if (file.empty() || file.string().find("://") != std::string::npos || fs::exists(file)) return;
  const bool is_classes = std::string_view(key.name) == "classes";
  Error error = is_classes ? no_class_file(text) : Error("there is no " + std::string(key.what) + " '" + file.string() + "'");
  missing.push_back(std::move(error)
                        .at(value.location())
                        .note(path)
                        .help((file.is_absolute() ? "" : "the path begins at '" + fs::current_path().string() + "'; ") + "--cfg-options " +
                              path + "=… names another")
                        .diagnostics()
                        .front());
}

void check_dataset(const Value& config, const std::string& path, std::vector<Diagnostic>& missing) {
  if (config.is_sequence()) {
    for (std::size_t i = 0; i < config.size(); ++i) check_dataset(config[i], path + "." + std::to_string(i), missing);
  }
  if (!config.is_dict()) return;
  for (const char* inner : {"dataset", "datasets"}) {
    if (const Value* part = config.find(inner)) check_dataset(*part, path + "." + inner, missing);
  }
  const Value* root = config.find("data_root");
  const std::string folder = root != nullptr && root->is_string() ? root->as_string() : "";
  for (const DatasetPathKey& key : dataset_path_keys) {
    const Value* value = config.find(key.name);
    if (value == nullptr) continue;
    const std::string place = path + "." + key.name;
    if (value->is_string()) check_path(*value, key, folder, place, missing);
    const bool is_list_of_names = std::string_view(key.name) == "classes";
    for (std::size_t i = 0; value->is_sequence() && !is_list_of_names && i < value->size(); ++i) {
      if ((*value)[i].is_string()) check_path((*value)[i], key, folder, place + "." + std::to_string(i), missing);
    }
  }
}

}  // namespace

std::vector<Diagnostic> missing_dataset_paths(const Value& config, const std::string& path) {
  std::vector<Diagnostic> missing;
  check_dataset(config, path, missing);
  return missing;
}

namespace {

void collect_files(const Value& config, std::vector<fs::path>& files) {
  if (config.is_sequence()) {
    for (const Value& part : config.elements()) collect_files(part, files);
  }
  if (!config.is_dict()) return;
  for (const char* inner : {"dataset", "datasets"}) {
    if (const Value* part = config.find(inner)) collect_files(*part, files);
  }
  const Value* root = config.find("data_root");
  const fs::path folder = root != nullptr && root->is_string() ? root->as_string() : "";
  for (const DatasetPathKey& key : dataset_path_keys) {
    const Value* value = config.find(key.name);
    if (value == nullptr) continue;
    const auto add = [&](const Value& text) {
      if (!text.is_string()) return;
      const fs::path file = key.is_below_data_root ? folder / text.as_string() : fs::path(text.as_string());
      if (fs::is_regular_file(file)) files.push_back(file);
    };
    if (value->is_sequence()) {
      for (const Value& element : value->elements()) add(element);
    } else {
      add(*value);
    }
  }
}

}  // namespace

std::vector<std::filesystem::path> dataset_files(const Value& config) {
  std::vector<fs::path> files;
  collect_files(config, files);
  return files;
}

std::optional<std::int64_t> take_samples_per_gpu(Value& config) {
  std::optional<std::int64_t> most;
  if (config.is_sequence()) {
    for (Value& part : config.elements()) most = std::max(most, take_samples_per_gpu(part));
  } else if (config.is_dict()) {
    const Value samples = config.pop("samples_per_gpu", Value());
    if (samples.is_int()) most = samples.as_int();
  }
  return most;
}

}  // namespace detforge
