#include "detforge/checkpoint/object.h"

namespace detforge {

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
