#include "detforge/config/named_config.h"

#include "detforge/config/base_path.h"

namespace detforge {

namespace fs = std::filesystem;

Config named_config(const Value& path) {
  const fs::path wanted = path.as_string();
  std::vector<fs::path> folders = {fs::current_path()};
  const auto add_above = [&](const fs::path& file) {
    for (fs::path& folder : folders_above(file)) folders.push_back(std::move(folder));
  };
  if (path.location().source) add_above(path.location().source->name);
  add_above(fs::current_path() / "file");
  for (const fs::path& folder : environment_config_path()) add_above(folder / "file");
  for (const fs::path& folder : folders) {
    std::error_code error;
    if (fs::is_regular_file(folder / wanted, error)) return Config::from_file(folder / wanted);
  }
  throw Error("there is no config '" + path.as_string() + "'")
      .at(path.location())
      .help("it is looked for from the working folder, the folders above it, and those above this config");
}

}  // namespace detforge
