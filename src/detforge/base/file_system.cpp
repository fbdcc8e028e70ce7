#include "detforge/base/file_system.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace detforge {

FileSystem& FileSystem::real() {
  static FileSystem system;
  return system;
}

int FileSystem::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }

int FileSystem::lock(int file) {
  int result = 0;
  do {
    result = ::flock(file, LOCK_EX);
  } while (result != 0 && errno == EINTR);
  return result;
}

int FileSystem::truncate(int file) { return ::ftruncate(file, 0); }
ssize_t FileSystem::write(int file, const void* data, std::size_t size) { return ::write(file, data, size); }
int FileSystem::sync(int file) { return ::fsync(file); }
int FileSystem::close(int file) { return ::close(file); }
int FileSystem::rename(const char* from, const char* to) { return ::rename(from, to); }
int FileSystem::remove(const char* path) { return ::unlink(path); }

}  // namespace detforge
