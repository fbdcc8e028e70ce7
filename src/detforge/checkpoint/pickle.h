#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>

#include "detforge/checkpoint/checkpoint_limits.h"
#include "detforge/checkpoint/object.h"

namespace detforge {

struct Pickle {
  const Object* root = nullptr;
  std::size_t end = 0;            ///< where the data after it begins
  std::set<std::string> globals;  ///< every name that it asks for, `torch._utils._rebuild_tensor_v2`
};

/// Reads one pickle (protocols 0 to 5) that begins at `begin` of `bytes`, as data: no name in it is looked up or called.
/// Tensors, storages, OrderedDicts, sets and NumPy scalars are understood, everything else that Python would build
/// becomes a `Record`. The objects live in `heap`.
/// Throws `Error` for anything malformed, for opcodes that do not fit what is on the stack, and beyond
/// `checkpoint_limits`; `max_objects` may ask for another number of objects.
Pickle read_pickle(std::span<const std::byte> bytes, std::size_t begin, ObjectHeap& heap,
                   std::size_t max_objects = checkpoint_limits::objects);

/// What a call of `type` with `arguments` means, where it is understood; null where it stays a record.
/// Throws `Error` for arguments that such a call can not have.
const Object* rebuild(const std::string& type, const Object& arguments, ObjectHeap& heap);

/// The storage that a persistent id names. Throws `Error` for ids of any other form.
StorageReference storage_of_persistent_id(const Object& id);

}  // namespace detforge
