#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "detforge/config/value.h"

namespace detforge {

struct BasePath {
  std::filesystem::path file;
  std::string scope;  ///< `mmdet` of `mmdet::x`; empty for a path
};

/// Where the file lies that `base` (a str in a `_base_` of the file `inheriting`) names: beside that file, or for
/// `mmdet::x` in `config_path`, `DETFORGE_CONFIG_PATH` and each ancestor folder with `configs/`. Throws at `base`.
BasePath find_base(const Value& base, const std::filesystem::path& inheriting, const std::vector<std::filesystem::path>& config_path);

/// The folders of `DETFORGE_CONFIG_PATH`, joined by `:`.
std::vector<std::filesystem::path> environment_config_path();

/// The folder of `file` and all above it, the nearest first.
std::vector<std::filesystem::path> folders_above(const std::filesystem::path& file);

/// Absolute, without `.` and `..`; `~` is the home folder.
std::filesystem::path absolute_path(const std::filesystem::path& path);

}  // namespace detforge
