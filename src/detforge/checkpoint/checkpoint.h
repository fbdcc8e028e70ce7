#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "detforge/checkpoint/object.h"
#include "detforge/checkpoint/state_dict.h"
#include "detforge/checkpoint/storages.h"
#include "detforge/config/value.h"

/// Checkpoints of PyTorch (`.pth`, `.pt`: ZIP and legacy) and safetensors, read as data: docs/formats/pth.md.
/// Nothing out of a file is ever run, whatever its pickle asks for. Flow: file → (ZIP →) pickle → objects → tensors.
namespace detforge {

/// A checkpoint file. It stays mapped while this lives. Not thread-safe; movable.
class Checkpoint {
 public:
  enum class Format { Zip, Legacy, Safetensors };

  /// Throws `Error` naming the file and the place in it.
  static Checkpoint read(const std::filesystem::path& path);
  /// The same of bytes that the caller keeps; `name` stands in errors.
  static Checkpoint from_bytes(std::span<const std::byte> bytes, const std::string& name);

  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;
  ~Checkpoint();

  Format format() const;
  const Object& root() const;
  /// Every name that the file's pickle asks for, whether or not it is understood.
  const std::set<std::string>& globals() const;
  /// Where the bytes of the storages lie that tensors of `root()` name.
  Storages& storages() const;
  /// The weights, as mmcv's `load_checkpoint` finds them: `state_dict` where there is one, else the file's own dict or `model` in it;
  /// a leading `module.` is taken off. What is no tensor is left out. Throws `Error` where there is no dict.
  std::vector<TensorView> state_dict() const;
  /// What `meta` says of the classes (mmcv's `CLASSES`, mmengine's `dataset_meta`); empty where it says nothing.
  std::vector<std::string> classes() const;
  /// The elements of a tensor one after the other in C order, out of the mapping where they lie so. Throws `Error` naming the tensor where
  /// the file is damaged.
  ContiguousBytes contiguous_bytes(const TensorView& tensor) const;

 private:
  struct Impl;
  explicit Checkpoint(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

/// Plain data (`meta`) as a `Value`; what is none becomes its text, `<mmcv.utils.config.ConfigDict>`. Bounded: circles
/// and enormous structures end in `…`.
Value plain_value(const Object& object);

}  // namespace detforge
