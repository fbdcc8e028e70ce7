#include "detforge/base/input_files.h"

#include <strings.h>
#include <sys/stat.h>

#include "detforge/base/error.h"

namespace detforge {
namespace {

namespace fs = std::filesystem;

bool ends_in(const fs::path& file, const std::string& extension) {
  return extension.empty() || ::strcasecmp(file.extension().c_str(), extension.c_str()) == 0;
}

}  // namespace

void InputFiles::add(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode)) files_.emplace(std::pair(status.st_dev, status.st_ino), file);
}

void InputFiles::add_folder(const fs::path& folder, const std::string& extension) {
  std::error_code none;
  for (fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, none), end; entry != end;
       entry.increment(none)) {
    if (ends_in(entry->path(), extension)) add(entry->path());
  }
}

void InputFiles::refuse(const fs::path& output) const {
  struct stat status {};
  if (output.empty() || ::stat(output.c_str(), &status) != 0) return;
  const auto found = files_.find({status.st_dev, status.st_ino});
  if (found == files_.end()) return;
  Error error("'" + output.string() + "' is the input: it would be written over", ErrorKind::Usage);
  if (found->second != output) error.note("it is read as '" + found->second.string() + "'");
  throw std::move(error.help("name another place for the output"));
}

void InputFiles::refuse_folder(const fs::path& folder, const std::string& extension) const {
  std::error_code none;
  for (fs::directory_iterator entry(folder, none), end; entry != end; entry.increment(none)) {
    if (ends_in(entry->path(), extension)) refuse(entry->path());
  }
}

}  // namespace detforge
