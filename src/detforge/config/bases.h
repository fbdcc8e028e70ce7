#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "detforge/config/config.h"

/// A config file with everything that it inherits.
namespace detforge {

struct LoadedConfig {
  Value root;
  std::string text;  ///< as `Config::text`
  std::vector<std::string> warnings;
};

/// `dialect` is not Auto. Throws `Error`, with a note for each file that inherits the one at fault.
LoadedConfig load_with_bases(const std::filesystem::path& path, Dialect dialect, const LoadOptions& options);
LoadedConfig load_with_bases(std::string_view text, std::string_view extension, std::string_view name, Dialect dialect,
                             const LoadOptions& options);

}  // namespace detforge
