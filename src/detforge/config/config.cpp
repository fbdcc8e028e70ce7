#include "detforge/config/config.h"

#include <algorithm>
#include <array>
#include <ostream>

#include "detforge/config/bases.h"

namespace detforge {
namespace {

/// Names that a Config has itself.
void check_reserved(const Value& root, Dialect dialect) {
  constexpr std::array<std::string_view, 4> kReserved = {"filename", "text", "pretty_text", "env_variables"};
  for (const std::string_view name : kReserved) {
    const Value* found = root.find(name);
    if (found == nullptr || (name == "env_variables" && dialect == Dialect::Mmcv)) continue;
    throw Error("'" + std::string(name) + "' is a name that every config has of its own").at(found->location()).help("choose another name");
  }
}

template <class Load>
LoadedConfig load_in(Dialect dialect, const Load& load) {
  LoadedConfig loaded = load(dialect);
  check_reserved(loaded.root, dialect);
  return loaded;
}

/// mmengine's answer where it succeeds, else mmcv's; where both fail, what mmengine says.
template <class Load>
LoadedConfig load_by(Dialect dialect, const Load& load) {
  if (dialect != Dialect::Auto) return load_in(dialect, load);
  try {
    return load_in(Dialect::Mmengine, load);
  } catch (const Error& error) {
    try {
      return load_in(Dialect::Mmcv, load);
    } catch (const Error&) {
    }
    throw;
  }
}

Config finished(LoadedConfig loaded, std::string filename) {
  Config config(std::move(loaded.root), std::move(filename), std::move(loaded.text));
  for (auto& warning : loaded.warnings) config.add_warning(std::move(warning));
  return config;
}

}  // namespace

Config::Config(Value root, std::string filename, std::string text)
    : root_(std::move(root)), filename_(std::move(filename)), text_(std::move(text)) {}

Config Config::from_file(const std::filesystem::path& path, const LoadOptions& options) {
  return finished(load_by(options.dialect, [&](Dialect dialect) { return load_with_bases(path, dialect, options); }), path.string());
}

Config Config::from_text(std::string_view text, std::string_view extension, std::string_view name, const LoadOptions& options) {
  return finished(load_by(options.dialect, [&](Dialect dialect) { return load_with_bases(text, extension, name, dialect, options); }), {});
}

}  // namespace detforge
