#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "detforge/base/files.h"
#include "detforge/checkpoint/checkpoint.h"
#include "detforge/config/value.h"

/// Writing checkpoints, so that `torch.load(weights_only=True)` and safetensors read them: docs/formats/pth.md.
namespace detforge {

/// What could not be written as it was.
struct WriteReport {
  std::set<std::string> simplified;  ///< classes whose objects became plain data
  std::set<std::string> left_out;    ///< keys of the file that safetensors has no place for
};

/// What torch.save writes, today's form and that of before PyTorch 1.6 (`_use_new_zipfile_serialization=False`).
/// Throws `Error` for what such a file cannot say: one storage of two types, tensors beyond their storage.
WriteReport write_torch_zip(const Object& root, Storages& storages, const Sink& sink);
WriteReport write_torch_legacy(const Object& root, Storages& storages, const Sink& sink);

/// The state_dict alone, and `meta` as JSON in the file's metadata. Shared tensors are written each for itself.
/// Throws `Error` for complex tensors and for two of one name.
WriteReport write_safetensors(const Object& root, Storages& storages, const Sink& sink);

WriteReport write_checkpoint(Checkpoint::Format format, const Object& root, Storages& storages, const Sink& sink);

/// Puts together what a program wants to save: `dict({{"meta", value(…)}, {"state_dict", ordered_dict(…)}})`. The objects
/// live as long as this. Not thread-safe.
class CheckpointBuilder {
 public:
  CheckpointBuilder();
  ~CheckpointBuilder();
  CheckpointBuilder(const CheckpointBuilder&) = delete;
  CheckpointBuilder& operator=(const CheckpointBuilder&) = delete;

  const Object* value(const Value& value);
  const Object* list(std::vector<const Object*> elements);
  const Object* dict(const std::vector<std::pair<Value, const Object*>>& items);
  const Object* ordered_dict(const std::vector<std::pair<std::string, const Object*>>& items);
  /// A tensor whose elements lie in C order in `bytes`, which the caller keeps until the file is written.
  const Object* tensor(DType dtype, std::vector<std::int64_t> shape, std::span<const std::byte> bytes);
  Storages& storages();

 private:
  class Given;

  const Object* make(Object object);

  ObjectHeap heap_;
  std::unique_ptr<Given> storages_;
};

}  // namespace detforge
