#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>

#include "detforge/checkpoint/object.h"

/// The three layouts of a checkpoint, each read into the same content.
namespace detforge {

/// Where the bytes of the storages lie.
class Storages {
 public:
  virtual ~Storages() = default;
  /// The type of its elements: the reference's own, unless they are converted on the way.
  virtual DType dtype(const StorageReference& storage) const { return storage.dtype; }
  /// The size of a storage in bytes. Throws `Error` when the file has none of that key.
  virtual std::uint64_t size(const StorageReference& storage) const = 0;
  /// Its bytes, checked. Valid while this and the file live, or until the next call where they are converted.
  virtual std::span<const std::byte> bytes(const StorageReference& storage) = 0;
};

struct CheckpointContent {
  ObjectHeap heap;
  const Object* root = nullptr;
  std::set<std::string> globals;
  std::unique_ptr<Storages> storages;
};

CheckpointContent read_torch_zip(std::span<const std::byte> file);
CheckpointContent read_torch_legacy(std::span<const std::byte> file);
CheckpointContent read_safetensors(std::span<const std::byte> file);

/// Whether the bytes begin as torch's legacy format does.
bool is_torch_legacy(std::span<const std::byte> file);
/// Whether they may be a safetensors file.
bool is_safetensors(std::span<const std::byte> file);

}  // namespace detforge
