#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/config_agree_fuzz.h"
#include "fuzz/config_fuzz.h"
#include "tests/support/paths.h"

/// Every input that the fuzzer started from or once failed on, in the normal build.
namespace detforge::fuzz {
namespace {

std::size_t replay(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), {}};
    EXPECT_NO_THROW(load_config(input));
    EXPECT_TRUE(printed_config_agrees(input));
    ++count;
  }
  return count;
}

TEST(ConfigFuzz, ReplaysItsCorpusAndRegressions) {
  const std::filesystem::path fuzz = source_dir() / "fuzz";
  EXPECT_GT(replay(fuzz / "corpus" / "config"), 0U);
  EXPECT_GT(replay(fuzz / "regressions" / "config"), 0U);
}

}  // namespace
}  // namespace detforge::fuzz
