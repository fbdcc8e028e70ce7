#include "tests/golden/requirements.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "tests/support/golden.h"
#include "tests/support/paths.h"

namespace detforge::golden {
namespace {

struct Requirements {
  std::map<std::string, int> least_cases;                        // by suite
  std::vector<std::string> allowed_skips;                        // texts that a reason begins with
  std::map<std::string, std::set<std::string>> unbuilt_configs;  // by version
};

/// Lines `cases SUITE NUMBER`, `skip TEXT: reason`, `elsewhere TEXT: reason` (a skip in other folders than the default), `unbuilt VERSION
/// FILE`; `#` begins a comment.
Requirements read() {
  const auto path = source_dir() / "tests/golden/requirements.txt";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  Requirements requirements;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string kind, first, rest;
    words >> kind;
    if (kind == "cases" && words >> first >> rest) {
      requirements.least_cases[first] = std::stoi(rest);
    } else if (kind == "unbuilt" && words >> first >> rest) {
      requirements.unbuilt_configs[first].insert(rest);
    } else if (const auto end = line.find(": "); (kind == "skip" || kind == "elsewhere") && end != std::string::npos) {
      const std::size_t text = kind.size() + 1;
      if (kind == "elsewhere" && golden_dir() == golden_default_dir()) continue;
      requirements.allowed_skips.push_back(line.substr(text, end - text));
    } else {
      throw std::runtime_error(path.string() + " holds a line that means nothing: " + line);
    }
  }
  return requirements;
}

bool is_required() {
  const char* value = std::getenv("DETFORGE_GOLDEN_REQUIRED");
  return value != nullptr && std::string(value) == "1";
}

std::string reason_of_skip(const testing::TestResult& result) {
  for (int i = 0; i < result.total_part_count(); ++i) {
    if (result.GetTestPartResult(i).skipped()) return result.GetTestPartResult(i).message();
  }
  return {};
}

}  // namespace

std::set<std::string> unbuilt_configs(const std::string& version) { return read().unbuilt_configs[version]; }

bool meets_requirements(std::ostream& out) {
  if (!is_required()) return true;
  const Requirements requirements = read();
  const auto& all = *testing::UnitTest::GetInstance();
  std::map<std::string, int> cases;
  bool met = true;
  for (int s = 0; s < all.total_test_suite_count(); ++s) {
    const testing::TestSuite& suite = *all.GetTestSuite(s);
    cases[suite.name()] += suite.total_test_count();
    for (int t = 0; t < suite.total_test_count(); ++t) {
      const testing::TestInfo& test = *suite.GetTestInfo(t);
      if (!test.result()->Skipped()) continue;
      const std::string reason = reason_of_skip(*test.result());
      const auto& allowed = requirements.allowed_skips;
      if (std::any_of(allowed.begin(), allowed.end(), [&](const std::string& text) { return reason.find(text) != std::string::npos; }))
        continue;
      out << "required: " << suite.name() << '.' << test.name() << " may not be skipped (" << reason << ")\n";
      met = false;
    }
  }
  if (golden_dir() != golden_default_dir()) return met;
  for (const auto& [suite, least] : requirements.least_cases) {
    if (cases[suite] >= least) continue;
    out << "required: " << suite << " has " << cases[suite] << " cases, at least " << least << " are required\n";
    met = false;
  }
  return met;
}

}  // namespace detforge::golden
