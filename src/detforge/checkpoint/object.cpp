#include "detforge/checkpoint/object.h"

#include <algorithm>
#include <limits>

namespace detforge {

std::vector<std::int64_t> contiguous_stride(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    // A tensor without elements may have sizes beyond all numbers.
    if (__builtin_mul_overflow(stride, std::max<std::int64_t>(shape[i], 1), &stride)) stride = std::numeric_limits<std::int64_t>::max();
  }
  return strides;
}

const Object* Object::find(std::string_view key) const {
  const std::vector<std::pair<const Object*, const Object*>>* items = nullptr;
  if (const Dict* dict = get<Dict>()) items = &dict->items;
  if (const Record* record = get<Record>()) items = &record->items;
  const Object* found = nullptr;
  if (items == nullptr) return found;
  for (const auto& [name, value] : *items) {
    const std::string* text = name->text();
    if (text != nullptr && *text == key) found = value;
  }
  return found;
}

}  // namespace detforge
