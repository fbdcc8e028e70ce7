#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/datasets_fuzz.h"
#include "tests/support/paths.h"

/// Every input that the fuzzer started from or once failed on, in the normal build.
namespace detforge::fuzz {
namespace {

TEST(DatasetsFuzz, ReplaysItsCorpus) {
  std::size_t count = 0;
  for (const char* folder : {"fuzz/corpus/datasets", "fuzz/regressions/datasets"}) {
    const auto path = source_dir() / folder;
    if (!std::filesystem::exists(path)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      SCOPED_TRACE(entry.path());
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string input{std::istreambuf_iterator<char>(file), {}};
      EXPECT_NO_THROW(read_dataset(std::as_bytes(std::span(input))));
      ++count;
    }
  }
  EXPECT_GT(count, 0U);
}

}  // namespace
}  // namespace detforge::fuzz
