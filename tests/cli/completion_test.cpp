#include <gtest/gtest.h>

#include "tests/cli/run.h"
#include "tests/support/folder.h"

/// What bash offers after TAB, with the script that `detforge completion bash` writes.
namespace detforge::testing_support {
namespace {

TEST(Completion, OffersCommandsOptionsAndFiles) {
  const Folder folder{{"ask", R"sh(
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_detforge
echo "${COMPREPLY[*]}"
)sh"}};
  folder.write("script", run("completion bash").out);
  const std::string ask = "bash '" + (folder / "ask").string() + "' '" + (folder / "script").string() + "' ";
  struct {
    const char* line;
    const char* offered;
  } const cases[] = {
      {"detforge co", "config completion\n"},
      {"detforge config pr", "print\n"},
      {"detforge config print --f", "--format\n"},
      {"detforge --threads 2 build --pa", "--part\n"},
      {"detforge --thr", "--threads\n"},
      // Once not offered: options of the program, which may stand after a command.
      {"detforge build --part neck --thr", "--threads\n"},
      {"detforge registry list --pl", "--plugin\n"},
      {"detforge build configs/yolo/yolov4", "configs/yolo/yolov4.py\n"},
      {"detforge build nothing_begins_so", "\n"},
  };
  for (const auto& [line, offered] : cases) {
    const Outcome outcome = run_command(ask + line);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, offered) << line;
  }
}

}  // namespace
}  // namespace detforge::testing_support
