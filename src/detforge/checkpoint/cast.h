#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "detforge/checkpoint/state_dict.h"
#include "detforge/checkpoint/storages.h"

namespace detforge {

/// Floating-point elements as those of another such type, rounded to the nearest, ties to even; to 16 bits by way of
/// float32, as PyTorch does. `overflowed` counts the finite ones that became infinite.
std::vector<std::byte> cast_floats(std::span<const std::byte> bytes, DType from, DType to, std::size_t& overflowed);

/// The storages of another, in which those of `tensors` have the type `to` where they are of a floating-point one. An
/// optimizer's state, say, stays as it is: its counters would not survive 16 bits.
class CastStorages : public Storages {
 public:
  CastStorages(Storages& source, const std::vector<TensorView>& tensors, DType to);

  DType dtype(const StorageReference& storage) const override { return is_cast(storage) ? to_ : source_.dtype(storage); }
  std::uint64_t size(const StorageReference& storage) const override;
  std::span<const std::byte> bytes(const StorageReference& storage) override;

  /// How many finite numbers became infinite, in what was asked for so far.
  std::size_t overflowed() const;

 private:
  bool is_cast(const StorageReference& storage) const;

  Storages& source_;
  DType to_;
  std::map<std::string, DType> from_;
  std::vector<std::byte> buffer_;
  std::map<std::string, std::size_t> overflowed_;
};

}  // namespace detforge
