#include <gtest/gtest.h>

#include <map>

#include "detforge/config/cfg_options.h"
#include "detforge/config/config.h"
#include "tests/support/golden.h"

/// `--cfg-options` as mmcv parses and merges them.
namespace detforge::golden {
namespace {

/// Options that Python takes and we refuse, with the reason.
const std::map<std::string, std::string> refused = {
    {"x=100000000000000000000", "ints have 64 bits here"},
};

Config base_config(const std::string& file) {
  static std::map<std::string, Json> configs;
  if (configs.empty()) {
    for (const Json& record : read_json_lines(golden_default_dir() / "config" / "merged_v2.27.0.jsonl.gz")) {
      if (record.contains("cfg")) configs.emplace(record["file"].get<std::string>(), record["cfg"]);
    }
  }
  return Config(decode_value(configs.at(file)), file);
}

bool is_refused(const std::vector<std::string>& options) {
  for (const auto& [text, reason] : refused) {
    for (const std::string& option : options) {
      if (option.find(text) != std::string::npos) return true;
    }
  }
  return false;
}

void check(const Json& record) {
  const auto options = record["options"].get<std::vector<std::string>>();
  Config config = base_config(record["file"]);
  const Value before = config.root();
  const auto run = [&] {
    const Value parsed = parse_cfg_options(options);
    if (record.contains("parsed")) {
      EXPECT_EQ(parsed, decode_value(record["parsed"])) << repr(parsed);
    }
    config.merge_from_dict(parsed, !record.contains("allow_list_keys") || record["allow_list_keys"].get<bool>());
  };
  if (record.contains("error") || is_refused(options)) {
    EXPECT_THROW(run(), Error) << "Python: " << record.dump().substr(0, 400);
    EXPECT_EQ(config.root(), before) << "a refused option changed the config";
    return;
  }
  run();
  Value changed = Value::dict();
  for (const auto& [key, value] : config.root().as_dict()) {
    const Value* old = before.as_dict().find(key);
    if (old == nullptr || !(*old == value)) changed.as_dict().set(key, value);
  }
  const Value wanted = decode_value(record["cfg"]);
  EXPECT_EQ(changed.size(), wanted.size()) << "ours:   " << repr(changed) << "\nPython: " << repr(wanted);
  for (const auto& [key, value] : wanted.as_dict()) {
    const Value* ours = changed.as_dict().find(key);
    ASSERT_NE(ours, nullptr) << repr(key);
    EXPECT_EQ(*ours, value) << repr(key);
  }
}

const SuiteMaker maker([] {
  for (const Json& record : read_json_lines(golden_dir() / "config" / "cfg_options.jsonl.gz")) {
    add_case("Config", "options", [record] { check(record); });
  }
});

}  // namespace
}  // namespace detforge::golden
