#include "detforge/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "detforge/base/error.h"

namespace detforge {
namespace {

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path) {
  const int code = errno;
  Error error(what + " '" + path.string() + "': " + std::strerror(code));
  error.at(path.string());
  if (code == ENOENT && path.string().find('\\') != std::string::npos) error.help("the name has backslashes, as Windows writes paths");
  throw error;
}

class Descriptor {
 public:
  Descriptor(FileSystem& system, int file) : system_(system), file_(file) {}
  Descriptor(Descriptor&& other) noexcept : system_(other.system_), file_(std::exchange(other.file_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (file_ >= 0) system_.close(file_);
  }
  int get() const { return file_; }

 private:
  FileSystem& system_;
  int file_;
};

/// Removed at the end, unless it got its final name.
class TemporaryFile {
 public:
  TemporaryFile(FileSystem& system, std::filesystem::path path) : system_(system), path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!renamed_) system_.remove(path_.c_str());
  }
  bool rename_to(const std::filesystem::path& path) { return renamed_ = system_.rename(path_.c_str(), path.c_str()) == 0; }

 private:
  FileSystem& system_;
  std::filesystem::path path_;
  bool renamed_ = false;
};

void write_all(FileSystem& system, int file, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t written = system.write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written == 0) errno = ENOSPC;
    if (written <= 0) fail("cannot write", path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Opens the temporary file and locks it, so that it is written by one at a time and one that nobody locks is a killed process's.
Descriptor open_temporary(FileSystem& system, const std::filesystem::path& temporary, const std::filesystem::path& path) {
  for (;;) {
    Descriptor file(system, system.open(temporary.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (file.get() < 0 || system.lock(file.get()) != 0) fail("cannot write", path);
    // Whoever held the lock before has renamed or removed the file: then it is another one by now.
    struct stat locked {};
    struct stat named {};
    if (::fstat(file.get(), &locked) != 0) fail("cannot write", path);
    if (::lstat(temporary.c_str(), &named) == 0 && locked.st_dev == named.st_dev && locked.st_ino == named.st_ino) return file;
  }
}

void sync_folder(FileSystem& system, const std::filesystem::path& folder, const std::filesystem::path& path) {
  const Descriptor directory(system, system.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (directory.get() < 0 && errno == EACCES) return;  // one may write in it without being allowed to read it
  // Some file systems have nothing to sync in a folder.
  if (directory.get() < 0 || (system.sync(directory.get()) != 0 && errno != EINVAL)) fail("wrote, but cannot sync the folder of", path);
}

}  // namespace

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  // Non-blocking, so that a named pipe in the place of a file cannot hang the program.
  const Descriptor file(FileSystem::real(), ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) fail("cannot read", path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail("cannot read", path);
  if (!S_ISREG(status.st_mode)) throw Error("'" + path.string() + "' is not a regular file").at(path.string());
  const auto too_large = [&] {
    return Error("'" + path.string() + "' is larger than the " + std::to_string(max_bytes) + " bytes that are read at most")
        .at(path.string());
  };
  if (static_cast<std::uint64_t>(status.st_size) > max_bytes) throw too_large();
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t size = 0;
  while (true) {
    if (size == content.size()) content.resize(size + 4096);
    const ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("cannot read", path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > max_bytes) throw too_large();
  }
  content.resize(size);
  return content;
}

void atomic_write(const std::filesystem::path& path, const std::function<void(const Sink&)>& write, FileSystem& system) {
  std::error_code none;
  const auto status = std::filesystem::status(path, none);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    const Descriptor file(system, system.open(path.c_str(), O_WRONLY | O_CLOEXEC, 0));
    if (file.get() < 0) fail("cannot write", path);
    return write([&](std::string_view piece) { write_all(system, file.get(), piece, path); });
  }
  const auto target = std::filesystem::exists(status) ? std::filesystem::canonical(path) : path;
  const auto folder = target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  const auto temporary = folder / ("." + target.filename().string() + ".tmp");
  const Descriptor file = open_temporary(system, temporary, path);
  TemporaryFile guard(system, temporary);
  if (system.truncate(file.get()) != 0) fail("cannot write", path);
  write([&](std::string_view piece) { write_all(system, file.get(), piece, path); });
  if (system.sync(file.get()) != 0 || !guard.rename_to(target)) fail("cannot write", path);
  sync_folder(system, folder, path);
}

void atomic_write(const std::filesystem::path& path, std::string_view content, FileSystem& system) {
  atomic_write(
      path, [&](const Sink& sink) { sink(content); }, system);
}

}  // namespace detforge
