#include "detforge/config/bases.h"

#include <algorithm>
#include <array>

#include "detforge/base/files.h"
#include "detforge/config/base_path.h"
#include "detforge/config/limits.h"
#include "detforge/config/merge.h"
#include "detforge/config/python/evaluate_module.h"
#include "detforge/config/read.h"
#include "detforge/config/templates.h"

namespace detforge {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBase = "_base_";
constexpr std::string_view kDeprecation = "_deprecation_";

/// What stands in one file, and what it inherits.
struct FileContent {
  Value names = Value::dict();
  Value bases = Value::dict();
  bool has_bases = false;
};

/// mmengine: the outermost dict with a `type` says which package's registry it belongs to.
void add_scope(Value& value, const std::string& scope) {
  if (value.is_dict()) {
    if (value.contains("type")) {
      if (const Value* found = value.find("_scope_"); found == nullptr || found->is_none()) value["_scope_"] = scope;
      return;
    }
    for (auto& [key, item] : value.as_dict()) add_scope(item, scope);
  } else if (value.is_sequence()) {
    for (Value& element : value.elements()) add_scope(element, scope);
  }
}

void check_extension(std::string_view extension, std::string_view name) {
  constexpr std::array<std::string_view, 4> kExtensions = {".py", ".json", ".yaml", ".yml"};
  if (std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end()) return;
  throw Error("'" + std::string(name) + "' is no config: the name of one ends in .py, .json, .yaml or .yml");
}

class Loader {
 public:
  Loader(Dialect dialect, const LoadOptions& options) : mmengine_(dialect == Dialect::Mmengine), options_(options) {}

  LoadedConfig file(const fs::path& path) {
    std::string text;
    Value root = load_file(path, text);
    return {std::move(root), std::move(text), std::move(warnings_)};
  }

  LoadedConfig text(std::string_view content, std::string_view extension, std::string_view name) {
    check_extension(extension, name);
    std::string text;
    Value root = load(std::make_shared<const Source>(Source{std::string(name), std::string(content)}), std::string(extension), text);
    return {std::move(root), std::move(text), std::move(warnings_)};
  }

 private:
  Value load_file(const fs::path& path, std::string& text) {
    const std::string extension = path.extension().string();
    check_extension(extension, path.string());
    const fs::path absolute = absolute_path(path);
    if (std::find(open_.begin(), open_.end(), absolute) != open_.end()) throw Error("'" + path.string() + "' inherits itself");
    if (open_.size() >= limits::kChainDepth) throw Error("the chain of bases is longer than " + std::to_string(limits::kChainDepth));
    if (++files_ > limits::kChainFiles) throw Error("the config has more than " + std::to_string(limits::kChainFiles) + " bases");
    auto source = std::make_shared<const Source>(Source{path.string(), read_file(absolute, limits::kFileBytes)});
    open_.push_back(absolute);
    Value root = load(source, extension, text);
    open_.pop_back();
    return root;
  }

  Value load(const std::shared_ptr<const Source>& source, const std::string& extension, std::string& text) {
    const fs::path file = source->name;
    const fs::path absolute = absolute_path(file);
    SourceText content(source);
    const bool has_base_variables = replace_templates(content, absolute, mmengine_);
    FileContent parts = extension == ".py" ? python_file(content, file, text) : data_file(content, extension, file, text);
    note_deprecation(parts.names, source->name);
    if (!text.empty()) text += '\n';
    text += absolute.string() + '\n' + source->text;

    if (has_base_variables) resolve_base_variables(parts.names, parts.bases);
    if (!parts.has_bases && !mmengine_) return std::move(parts.names);
    Value root = merge(parts.names, std::move(parts.bases));
    if (mmengine_) drop_private(root);
    return root;
  }

  FileContent python_file(const SourceText& content, const fs::path& file, std::string& text) {
    FileContent parts;
    std::vector<std::string> printed;
    if (mmengine_) {
      parts.has_bases = true;
      parts.names = python::run_with_bases(
          content,
          [&](const Value& base_names) { return base_names_given(base_names) ? load_bases(base_names, file, text) : Value::dict(); },
          parts.bases, printed);
    } else {
      parts.names = python::run_alone(content, printed);
      take_bases(parts, file, text);
    }
    for (const auto& line : printed) warnings_.push_back("printed by " + file.string() + ": " + line);
    return parts;
  }

  FileContent data_file(const SourceText& content, const std::string& extension, const fs::path& file, std::string& text) {
    const auto source =
        content.replaced() ? std::make_shared<const Source>(Source{content.source()->name, std::string(content.text())}) : content.source();
    FileContent parts;
    parts.names = extension == ".json" ? read_json(source) : read_yaml(source);
    if (!parts.names.is_dict()) {
      throw Error("a config is a dict, this file holds a " + std::string(parts.names.type_name()))
          .at(parts.names.location())
          .at(source->name);
    }
    take_bases(parts, file, text);
    return parts;
  }

  static bool base_names_given(const Value& base_names) { return base_names.location() || !base_names.is_none(); }

  void take_bases(FileContent& parts, const fs::path& file, std::string& text) {
    if (!parts.names.contains(kBase)) return;
    parts.has_bases = true;
    parts.bases = load_bases(parts.names.pop(kBase), file, text);
  }

  Value load_bases(const Value& base_names, const fs::path& file, std::string& text) {
    if (base_names.kind() != Value::Kind::List) {
      Value merged = Value::dict();
      add_base(merged, base_names, file, text);
      return merged;
    }
    Value merged = Value::dict();
    for (const Value& base : base_names.elements()) add_base(merged, base, file, text);
    return merged;
  }

  void add_base(Value& merged, const Value& base, const fs::path& file, std::string& text) {
    const BasePath found = find_base(base, file, options_.config_path);
    std::string base_text;
    Value loaded;
    try {
      loaded = load_file(found.file, base_text);
    } catch (Error& error) {
      error.at(base.location());
      if (error.diagnostics().front().range.source != base.location().source) error.note("inherited by " + base.location().text());
      throw;
    }
    if (!text.empty()) text += '\n';
    text += base_text;
    if (mmengine_ && !found.scope.empty()) add_scope(loaded, found.scope);
    for (auto& [key, value] : loaded.as_dict()) {
      const Value* other = merged.as_dict().find(key);
      if (other != nullptr) {
        throw Error("two bases define '" + (key.is_string() ? key.as_string() : repr(key)) + "'")
            .at(base.location())
            .note("first in " + other->location().text())
            .note("again in " + value.location().text());
      }
      merged.as_dict().set(key, std::move(value));
    }
  }

  void note_deprecation(Value& names, const std::string& name) {
    if (!names.contains(kDeprecation)) return;
    const Value info = names.pop(kDeprecation);
    if (!info.is_dict()) throw Error("'_deprecation_' has to be a dict").at(info.location());
    std::string warning = name + " is deprecated";
    const auto add = [&](std::string_view key, std::string_view before) {
      const Value* value = info.find(key);
      if (value != nullptr) warning += std::string(before) + (value->is_string() ? value->as_string() : repr(*value));
    };
    add("expected", "; use ");
    add("reference", "; see ");
    warnings_.push_back(std::move(warning));
  }

  static void drop_private(Value& root) {
    std::vector<Value> dropped;
    for (const auto& [key, value] : root.as_dict()) {
      if (!key.is_string()) throw Error("a name of a config has to be a str, got " + repr(key)).at(key.location());
      if (key.as_string().starts_with("__")) dropped.push_back(key);
    }
    for (const Value& key : dropped) root.as_dict().erase(key);
  }

  bool mmengine_;
  const LoadOptions& options_;
  std::vector<fs::path> open_;  // files that are being loaded, outermost first
  std::size_t files_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace

LoadedConfig load_with_bases(const std::filesystem::path& path, Dialect dialect, const LoadOptions& options) {
  return Loader(dialect, options).file(path);
}

LoadedConfig load_with_bases(std::string_view text, std::string_view extension, std::string_view name, Dialect dialect,
                             const LoadOptions& options) {
  return Loader(dialect, options).text(text, extension, name);
}

}  // namespace detforge
