#pragma once

#include <optional>
#include <vector>

#include "detforge/config/python/runtime.h"

namespace detforge::python {

/// Goes through what Python can iterate over. A list is followed while it changes, a dict that changes is an error.
class Cursor {
 public:
  /// TypeError when the object is not iterable.
  Cursor(Runtime& runtime, Ref iterable);
  std::optional<Slot> next();

 private:
  std::optional<Slot> next_item(const std::vector<Slot>& items);
  std::optional<Slot> next_entry(const Table& table, DictView::Part part);

  Runtime& runtime_;
  Ref iterable_;
  std::size_t position_ = 0;
  std::size_t size_ = 0;
};

/// All that is left of an iterable.
std::vector<Slot> collect(Runtime& runtime, Ref iterable);

}  // namespace detforge::python
