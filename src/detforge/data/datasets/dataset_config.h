#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "detforge/base/error.h"
#include "detforge/config/value.h"

namespace detforge {

/// The files and folders that a dataset's config names (`ann_file`, `img_prefix`, `classes`, …; in wrappers and lists too) and that are not
/// there, each with its place in the config and what to do. `path` is the dataset's own place, `data.train`.
std::vector<Diagnostic> missing_dataset_paths(const Value& config, const std::string& path);

/// The files that a dataset's config names and that are there, in wrappers and lists too; no folders.
std::vector<std::filesystem::path> dataset_files(const Value& config);

/// Takes out what `data.val` and `data.test` may say about the loader between a dataset's arguments: `samples_per_gpu`, of a list of
/// datasets the greatest.
std::optional<std::int64_t> take_samples_per_gpu(Value& config);

}  // namespace detforge
