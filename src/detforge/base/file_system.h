#pragma once

#include <sys/types.h>

#include <cstddef>

namespace detforge {

/// The system's calls that `atomic_write` makes, each as the function of its name: -1 and `errno` on failure. Tests
/// put another one in its place, in which any call can fail.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// The system itself. Safe for any number of threads.
  static FileSystem& real();

  virtual int open(const char* path, int flags, mode_t mode);
  virtual int lock(int file);  ///< waits until no other descriptor holds it
  virtual int truncate(int file);
  virtual ssize_t write(int file, const void* data, std::size_t size);
  virtual int sync(int file);
  virtual int close(int file);
  virtual int rename(const char* from, const char* to);
  virtual int remove(const char* path);
};

}  // namespace detforge
