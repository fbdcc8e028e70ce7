#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "detforge/config/config.h"
#include "tests/support/golden.h"

/// Every file of MMDetection's configs, merged as Python merges it.
namespace detforge::golden {
namespace {

void expect_as_python(const std::filesystem::path& file, const Json& record, Dialect dialect) {
  LoadOptions options;
  options.dialect = dialect;
  if (record.contains("error")) {
    EXPECT_THROW(Config::from_file(file, options), Error) << "Python: " << record["error"];
    return;
  }
  const Value wanted = decode_value(record["cfg"]);
  const Config config = Config::from_file(file, options);
  EXPECT_EQ(config.root(), wanted) << "ours:   " << repr(config.root()) << "\nPython: " << repr(wanted);
}

const SuiteMaker maker([] {
  constexpr std::array<std::pair<const char*, Dialect>, 3> kTrees = {
      {{"v2.8.0", Dialect::Mmcv}, {"v2.27.0", Dialect::Mmcv}, {"v3.3.0", Dialect::Mmengine}}};
  const auto zoo = zoo_dir();
  for (const auto& [version, dialect] : kTrees) {
    const auto records = read_json_lines(golden_dir() / "config" / (std::string("merged_") + version + ".jsonl.gz"));
    if (!zoo && !records.empty()) {
      add_case("Config", std::string("merged_") + version,
               [] { GTEST_SKIP() << "DETFORGE_ZOO is not set: CONTRIBUTING.md says how to get the configs"; });
      continue;
    }
    for (const Json& record : records) {
      const std::string name = record["file"].get<std::string>();
      add_case("Config", std::string("merged_") + version + "_" + name,
               [file = *zoo / version / name, record, dialect = dialect] { expect_as_python(file, record, dialect); });
    }
  }
});

}  // namespace
}  // namespace detforge::golden
