#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <list>
#include <optional>

#include "detforge/config/config.h"
#include "tests/support/folder.h"
#include "tests/support/golden.h"

/// Config rules one by one, each in the dialect that the record names.
namespace detforge::golden {
namespace {

namespace fs = std::filesystem;

struct Refused {
  std::string_view rule;
  std::string_view reason;
};

/// Where Python gives a config and we do not.
constexpr std::array<Refused, 23> kRefused = {{
    {"basevar_as_key", "Python leaves a placeholder with random digits in the config"},
    {"basevar_concat", "Python leaves a placeholder with random digits in the config"},
    {"basevar_inside_single_quotes", "Python leaves a placeholder with random digits in the config"},
    {"basevar_no_base", "mmcv leaves a placeholder with random digits in the config"},
    {"builtin_function_value", "a config holds data, no functions and types"},
    {"class_definition", "a config has no classes"},
    {"ellipsis_and_complex", "a config holds no '...' and no complex numbers"},
    {"from_import_class", "Python keeps the imported class as a value"},
    {"from_import_missing", "mmengine keeps a lazy object for a module that is not there"},
    {"function", "a config has no functions"},
    {"function_uses_global", "a config has no functions"},
    {"global_statement", "a config has no functions"},
    {"import_missing", "mmengine keeps a lazy object for a module that is not there"},
    {"import_numpy", "a config runs no code of others"},
    {"import_sibling", "mmengine keeps a lazy object for a module that is not there"},
    {"lambda_in_dict", "a config has no functions"},
    {"lambda_value", "a config has no functions"},
    {"literals", "an int beyond 64 bits"},
    {"nested_functions_and_recursion", "a config has no functions"},
    {"ordered_dict_and_defaultdict", "Python keeps the imported classes as values"},
    {"star_args", "a config has no functions"},
    {"with_statement", "nothing in a config is opened"},
    {"yaml_plain", "a config holds no dates"},
}};

/// Where Python fails because it imports what `custom_imports` names, which we never do.
constexpr std::array<Refused, 1> kAccepted = {{
    {"custom_imports_missing_fail", "custom_imports are not carried out: plug-ins are named on the command line"},
}};

template <std::size_t size>
bool listed(const std::array<Refused, size>& table, std::string_view rule) {
  return std::any_of(table.begin(), table.end(), [&](const Refused& entry) { return entry.rule == rule; });
}

/// A field of a record: under `both`, one that differs is an object by library.
std::optional<Json> field(const Json& record, const std::string& name, const std::string& library) {
  if (!record.contains(name)) return std::nullopt;
  const Json& value = record[name];
  const bool by_library = value.is_object() && value.contains("mmcv1.7.2") && value.contains("mmengine") && value.size() == 2;
  return by_library ? value[library] : value;
}

Value expected_config(const Json& cfg, const fs::path& folder) {
  std::string text = cfg.dump();
  for (std::size_t at = text.find("<DIR>"); at != std::string::npos; at = text.find("<DIR>")) text.replace(at, 5, folder.string());
  return decode_value(Json::parse(text));
}

void expect_rule(const Json& record, const std::string& library) {
  const std::string rule = record["name"].get<std::string>();
  const testing_support::Folder folder;
  for (const auto& [path, text] : record["files"].items()) folder.write(path, text.get<std::string>());
  std::list<testing_support::Variable> variables;
  const Json environment = record.value("env", Json::object());
  for (const auto& [name, value] : environment.items()) variables.emplace_back(name, value.get<std::string>());
  const fs::path main = folder.path() / record["main"].get<std::string>();
  LoadOptions options;
  options.dialect = library == "mmengine" ? Dialect::Mmengine : Dialect::Mmcv;
  const auto error = field(record, "error", library);
  const bool fails_in_python = error && !error->is_null();
  if ((fails_in_python && !listed(kAccepted, rule)) || (!fails_in_python && listed(kRefused, rule))) {
    EXPECT_THROW(Config::from_file(main, options), Error);
    return;
  }
  const Config config = Config::from_file(main, options);
  if (!fails_in_python) {
    const Value wanted = expected_config(*field(record, "cfg", library), folder.path());
    EXPECT_EQ(config.root(), wanted) << "ours:   " << repr(config.root()) << "\nPython: " << repr(wanted);
  }
  const auto count = [&](const char* name) {
    const auto texts = field(record, name, library);
    return texts ? (texts->is_array() ? texts->size() : std::size_t{1}) : 0;
  };
  EXPECT_EQ(config.warnings().size(), count("deprecation_warnings") + count("stdout"));
}

const SuiteMaker maker([] {
  for (const Json& record : read_json_lines(golden_dir() / "config" / "rules.jsonl.gz")) {
    const std::string with = record["with"].get<std::string>();
    for (const std::string library : {"mmcv1.7.2", "mmengine"}) {
      if (with != "both" && with != library) continue;
      const std::string dialect = library == "mmengine" ? "mmengine" : "mmcv";
      add_case("Config", "rule_" + record["name"].get<std::string>() + "_" + dialect, [record, library] { expect_rule(record, library); });
    }
  }
});

}  // namespace
}  // namespace detforge::golden
