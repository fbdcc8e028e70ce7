#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "detforge/checkpoint/object.h"
#include "detforge/checkpoint/storages.h"

namespace detforge {

/// A tensor of a state_dict. Its bytes are handed out by the checkpoint.
struct TensorView {
  std::string name;
  TensorReference tensor;

  DType dtype() const { return tensor.storage.dtype; }
  const std::vector<std::int64_t>& shape() const { return tensor.shape; }
  std::int64_t numel() const;
};

/// The dict that holds the weights, as mmcv finds it: `state_dict`, else the file's own dict or its `model`; where that has no tensor, the
/// only dict of tensors below it (`net`, `ema.module`), an optimizer's not counted. Throws `Error` where there is none or more than one.
const Object& find_state_dict(const Object& root);

/// Its tensors, a leading `module.` taken off; what is no tensor is left out. Throws `Error` naming the tensor where one
/// reaches beyond its storage.
std::vector<TensorView> state_dict_of(const Object& root, const Storages& storages);

/// Throws `Error` when a tensor reaches beyond its storage, with overflow-checked arithmetic.
void check_bounds(const TensorReference& tensor, const Storages& storages);

/// The elements of a tensor one after the other in C order: the file's own bytes where they lie so, else a copy. Valid as long as the
/// storages' bytes are. The beginning need not be aligned.
class ContiguousBytes {
 public:
  explicit ContiguousBytes(std::span<const std::byte> bytes) : bytes_(bytes) {}
  ContiguousBytes(std::unique_ptr<std::byte[]> gathered, std::size_t size)
      : gathered_(std::move(gathered)), bytes_(gathered_.get(), size) {}

  std::span<const std::byte> span() const { return bytes_; }
  const std::byte* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::unique_ptr<std::byte[]> gathered_;
  std::span<const std::byte> bytes_;
};

/// Of the type that `storages` says. Throws `Error` where the file is damaged.
ContiguousBytes contiguous_bytes(const TensorReference& tensor, Storages& storages);

}  // namespace detforge
