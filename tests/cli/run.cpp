#include "tests/cli/run.h"

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/folder.h"

namespace detforge::testing_support {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

Outcome run(const std::string& arguments) {
  const Folder folder;
  const std::string command = "cd '" DETFORGE_SOURCE_DIR "' && '" DETFORGE_BUILD_DIR "/detforge' " + arguments + " >'" +
                              (folder / "out").string() + "' 2>'" + (folder / "err").string() + "'";
  const int result = std::system(command.c_str());
  return {WIFEXITED(result) ? WEXITSTATUS(result) : 128 + WTERMSIG(result), content(folder / "out"), content(folder / "err")};
}

bool has_torch() { return std::filesystem::exists(DETFORGE_BUILD_DIR "/lib/libdetforge.so"); }

}  // namespace detforge::testing_support
