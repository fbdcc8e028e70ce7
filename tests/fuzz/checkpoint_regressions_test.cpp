#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/checkpoint_fuzz.h"
#include "tests/support/paths.h"

/// Every input that the fuzzer started from, in the normal build.
namespace detforge::fuzz {
namespace {

TEST(CheckpointFuzz, ReplaysItsCorpus) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "fuzz/corpus/checkpoint")) {
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), {}};
    EXPECT_NO_THROW(read_checkpoint(std::as_bytes(std::span(input))));
    ++count;
  }
  EXPECT_GT(count, 0U);
}

}  // namespace
}  // namespace detforge::fuzz
