#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/checkpoint_agree_fuzz.h"
#include "fuzz/checkpoint_fuzz.h"
#include "tests/support/paths.h"

/// Every input that the fuzzers started from or once failed on, in the normal build.
namespace detforge::fuzz {
namespace {

std::size_t replay(const std::filesystem::path& folder) {
  std::size_t count = 0;
  if (!std::filesystem::exists(folder)) return count;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), {}};
    EXPECT_NO_THROW(read_checkpoint(std::as_bytes(std::span(input))));
    EXPECT_TRUE(reader_and_writer_agree(std::as_bytes(std::span(input))));
    ++count;
  }
  return count;
}

TEST(CheckpointFuzz, ReplaysItsCorpusAndRegressions) {
  const std::filesystem::path fuzz = source_dir() / "fuzz";
  EXPECT_GT(replay(fuzz / "corpus/checkpoint"), 0U);
  replay(fuzz / "regressions/checkpoint");
}

}  // namespace
}  // namespace detforge::fuzz
