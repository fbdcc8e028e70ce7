#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace detforge {

/// SHA-256 of bytes that come piece after piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(const void* data, std::size_t size);
  /// In hexadecimal; to be asked for once, at the end.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace detforge
