#include "tests/cli/run.h"

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/folder.h"
#include "tests/support/paths.h"

namespace detforge::testing_support {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

Outcome run_command(const std::string& command) {
  const Folder folder;
  const std::string redirected =
      "cd '" + source_dir().string() + "' && " + command + " >'" + (folder / "out").string() + "' 2>'" + (folder / "err").string() + "'";
  const int result = std::system(redirected.c_str());
  return {WIFEXITED(result) ? WEXITSTATUS(result) : 128 + WTERMSIG(result), content(folder / "out"), content(folder / "err")};
}

Outcome run(const std::string& arguments) { return run_command("'" + (build_dir() / "detforge").string() + "' " + arguments); }

bool has_torch() { return std::filesystem::exists(build_dir() / "lib/libdetforge.so"); }

}  // namespace detforge::testing_support
