#include "detforge/config/merge.h"

#include <algorithm>
#include <charconv>

namespace detforge {
namespace {

bool is_index(const std::string& key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Takes `_delete_` out of a dict and says whether it was true.
bool take_delete(Value& dict) {
  const Value* flag = dict.find("_delete_");
  if (flag == nullptr) return false;
  const bool deletes = !python_equal(*flag, false) && !flag->is_none();
  dict.as_dict().erase("_delete_");
  return deletes;
}

[[noreturn]] void throw_clash(const std::string& key, const Value& value, const Value& old) {
  Error error("'" + key + "' is a dict here, but a " + std::string(old.type_name()) + " in the base");
  error.at(value.location());
  if (old.location()) error.note("the base sets it in " + old.location().text());
  throw std::move(error).help("_delete_=True in this dict replaces what the base says");
}

Value merge_list(const Value& update, Value list) {
  for (const auto& [key, value] : update.as_dict()) {
    const std::string name = key.is_string() ? key.as_string() : repr(key);
    if (!is_index(name)) {
      throw Error("'" + name + "' does not name an element of a list; it has " + std::to_string(list.size()) + " elements, counted from 0")
          .at(value.location());
    }
    std::size_t index = list.size();
    std::from_chars(name.data(), name.data() + name.size(), index);
    if (index >= list.size()) {
      throw Error("there is no element " + name + " in a list of " + std::to_string(list.size())).at(value.location());
    }
    Value& element = list.elements()[index];
    if (!value.is_dict() || !(element.is_dict() || element.kind() == Value::Kind::List)) {
      throw Error("element " + name + " of a list can only be changed where both are dicts; give the whole list instead")
          .at(value.location());
    }
    element = merge(value, std::move(element), ListKeys::Allowed);
  }
  return list;
}

}  // namespace

Value merge(const Value& update, Value base, ListKeys list_keys) {
  if (base.kind() == Value::Kind::List) return merge_list(update, std::move(base));
  for (const auto& [key, value] : update.as_dict()) {
    Value* old = base.as_dict().find(key);
    if (!value.is_dict() || old == nullptr) {
      base.as_dict().set(key, value);
      continue;
    }
    Value inner = value;
    if (take_delete(inner)) {
      base.as_dict().set(key, std::move(inner));
      continue;
    }
    const bool fits = old->is_dict() || (list_keys == ListKeys::Allowed && old->kind() == Value::Kind::List);
    if (!fits) throw_clash(key.is_string() ? key.as_string() : repr(key), value, *old);
    Value merged = merge(inner, std::move(*old), list_keys);
    merged.set_location(value.location());
    base.as_dict().set(key, std::move(merged));
  }
  return base;
}

}  // namespace detforge
