#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace detforge {

/// The files that a command reads, so that it can refuse, before any work, to write over one of them. A file is known by what it is, not by
/// its name: links, hard links and `..` lead to the same one.
class InputFiles {
 public:
  /// What is no file (`random`, a camera's number, a name of nothing) is passed over.
  void add(const std::filesystem::path& file);
  /// The files of the folder and its subfolders that end in `extension`, without case; with an empty one, all.
  void add_folder(const std::filesystem::path& folder, const std::string& extension = "");

  /// Throws a usage `Error` where `output` is one of them.
  void refuse(const std::filesystem::path& output) const;
  /// The same for the files that lie in the folder now and end in `extension`.
  void refuse_folder(const std::filesystem::path& folder, const std::string& extension = "") const;

 private:
  std::map<std::pair<dev_t, ino_t>, std::filesystem::path> files_;
};

}  // namespace detforge
