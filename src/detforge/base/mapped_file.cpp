#include "detforge/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "detforge/base/error.h"

namespace detforge {
namespace {

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) close(value);
  }
};

Error failure(const std::string& what, const std::filesystem::path& path) { return Error(what).at(path.string()); }

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.value < 0) {
    const bool is_of_windows = errno == ENOENT && path.string().find('\\') != std::string::npos;
    Error error = failure(std::string("can not open the file: ") + std::strerror(errno), path);
    if (is_of_windows) error.help("the name has backslashes, as Windows writes paths");
    throw error;
  }
  struct stat status {};
  if (fstat(file.value, &status) != 0 || !S_ISREG(status.st_mode)) throw failure("this is no regular file", path);
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return;
  void* address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.value, 0);
  if (address == MAP_FAILED) throw failure(std::string("can not map the file: ") + std::strerror(errno), path);
  bytes_ = {static_cast<const std::byte*>(address), size};
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace detforge
