#include "detforge/config/base_path.h"

#include <cstdlib>
#include <string_view>

namespace detforge {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScope = "mmdet";

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

std::vector<fs::path> search_folders(const fs::path& inheriting, const std::vector<fs::path>& config_path) {
  std::vector<fs::path> folders = config_path;
  for (fs::path& folder : environment_config_path()) folders.push_back(std::move(folder));
  for (const fs::path& folder : folders_above(inheriting)) {
    std::error_code error;
    if (fs::is_directory(folder / "configs", error)) folders.push_back(folder / "configs");
  }
  return folders;
}

/// mmengine's grammar: words, `::`, words, a slash.
bool is_scoped_path(std::string_view text) {
  const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  const std::size_t colons = text.find("::");
  if (text.find("::", colons + 2) != std::string_view::npos) return false;
  std::size_t i = colons + 2;
  while (i < text.size() && word(text[i])) ++i;
  return i < text.size() && text[i] == '/';
}

BasePath find_scoped(const Value& base, const fs::path& inheriting, const std::vector<fs::path>& config_path) {
  const std::string& text = base.as_string();
  const std::string scope = text.substr(0, text.find("::"));
  const fs::path relative = text.substr(scope.size() + 2);
  if (!is_scoped_path(text)) {
    throw Error("'" + text + "' is no base of a package").at(base.location()).help("such a base reads 'mmdet::folder/file.py'");
  }
  if (scope != kScope)
    throw Error("the package '" + scope + "' has no configs here").at(base.location()).help("only 'mmdet::' bases are found");
  Error missing("there is no base '" + text + "'");
  missing.at(base.location());
  for (const fs::path& folder : search_folders(inheriting, config_path)) {
    if (is_file(folder / relative)) return {folder / relative, scope};
    fs::path with_extension = folder / relative;
    with_extension += ".py";
    if (is_file(with_extension)) return {with_extension, scope};
    missing.note("not in " + folder.string());
  }
  throw std::move(missing.help("name the folder that holds MMDetection's configs by --config-path or DETFORGE_CONFIG_PATH"));
}

}  // namespace

std::vector<fs::path> environment_config_path() {
  std::vector<fs::path> folders;
  const char* variable = std::getenv("DETFORGE_CONFIG_PATH");
  std::string_view rest = variable == nullptr ? "" : variable;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    if (colon != 0) folders.emplace_back(rest.substr(0, colon));
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  return folders;
}

std::vector<fs::path> folders_above(const fs::path& file) {
  std::vector<fs::path> folders;
  for (fs::path folder = absolute_path(file).parent_path();; folder = folder.parent_path()) {
    folders.push_back(folder);
    if (folder == folder.root_path() || folder.empty()) return folders;
  }
}

std::filesystem::path absolute_path(const std::filesystem::path& path) {
  const std::string text = path.string();
  const char* home = std::getenv("HOME");
  const bool in_home = home != nullptr && (text == "~" || text.starts_with("~/"));
  return fs::absolute(in_home ? fs::path(home + text.substr(1)) : path).lexically_normal();
}

BasePath find_base(const Value& base, const std::filesystem::path& inheriting, const std::vector<std::filesystem::path>& config_path) {
  if (!base.is_string()) {
    throw Error("'_base_' names files, got " + std::string(base.type_name()) + " " + repr(base))
        .at(base.location())
        .help("write a str or a list of strs");
  }
  const std::string& text = base.as_string();
  if (text.find('\0') != std::string::npos) throw Error("a null byte in the name of a base").at(base.location());
  if (text.find("::") != std::string::npos) return find_scoped(base, inheriting, config_path);
  fs::path file = (inheriting.parent_path() / text).lexically_normal();
  std::error_code error;
  if (!fs::exists(file, error)) throw Error("there is no base '" + text + "'").at(base.location()).note("looked for " + file.string());
  return {std::move(file), {}};
}

}  // namespace detforge
