#include "detforge/config/python/builtins.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "detforge/config/limits.h"
#include "detforge/config/python/iterate.h"

namespace detforge::python {
namespace {

constexpr std::array<std::string_view, 22> kRefused = {
    "exec",    "eval",    "compile", "open", "input", "__import__",  "globals",  "locals",       "vars",  "dir",    "getattr",
    "setattr", "delattr", "hasattr", "id",   "hash",  "classmethod", "property", "staticmethod", "super", "object", "breakpoint"};

class DeepCopier {
 public:
  explicit DeepCopier(Runtime& runtime) : runtime_(runtime) {}

  Ref copy(Ref object) {
    runtime_.work(1);
    const bool container = object->get<List>() != nullptr || object->get<Tuple>() != nullptr || object->get<Set>() != nullptr ||
                           object->get<Dict>() != nullptr;
    if (!container) return object;
    if (const auto found = copies_.find(object); found != copies_.end()) return found->second;
    if (++depth_ > limits::kValueNesting) throw Error("values are nested too deeply");
    const Ref result = copy_container(object);
    --depth_;
    return result;
  }

 private:
  std::vector<Slot> items(const std::vector<Slot>& all) {
    std::vector<Slot> out;
    for (const Slot& item : all) out.push_back({copy(item.value), item.place});
    return out;
  }

  Ref copy_container(Ref object) {
    if (const auto* tuple = object->get<Tuple>(); tuple != nullptr) return copies_[object] = runtime_.tuple(items(tuple->items));
    if (const auto* list = object->get<List>(); list != nullptr) {
      const Ref made = copies_[object] = runtime_.list(std::vector<Slot>());
      made->get<List>()->items = items(list->items);  // NOLINT(clang-analyzer-core.CallAndMessage): it is a list
      runtime_.grow(list->items.size(), list->items.size());
      return made;
    }
    if (const auto* set = object->get<Set>(); set != nullptr) {
      const Ref made = copies_[object] = runtime_.set();
      for (const auto& entry : set->table.entries()) made->get<Set>()->table.set(runtime_, entry.key, {});
      return made;
    }
    const auto* dict = object->get<Dict>();
    const Ref made = copies_[object] = runtime_.dict(dict->is_config_dict);
    for (const auto& entry : dict->table.entries()) {
      made->get<Dict>()->table.set(runtime_, {copy(entry.key.value), entry.key.place}, {copy(entry.value.value), entry.value.place});
    }
    return made;
  }

  Runtime& runtime_;
  std::unordered_map<Ref, Ref> copies_;
  std::uint32_t depth_ = 0;
};

template <class T>
const T* find_in(std::span<const T> table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const T& entry) { return entry.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::span<const Method> methods_of(Ref object) {
  if (object->get<std::string>() != nullptr) return string_methods();
  if (object->get<List>() != nullptr) return list_methods();
  if (object->get<Tuple>() != nullptr) return tuple_methods();
  if (object->get<Set>() != nullptr) return set_methods();
  if (const auto* dict = object->get<Dict>(); dict != nullptr) return dict->is_config_dict ? config_dict_methods() : dict_methods();
  return {};
}

}  // namespace

const Native* find_builtin(std::string_view name) {
  const Native* type = find_in(type_builtins(), name);
  return type != nullptr ? type : find_in(function_builtins(), name);
}

std::vector<std::string> builtin_names() {
  std::vector<std::string> names;
  for (const auto& table : {type_builtins(), function_builtins()}) {
    for (const Native& native : table) names.emplace_back(native.name);
  }
  return names;
}

std::string_view refused_builtin(std::string_view name) {
  return std::find(kRefused.begin(), kRefused.end(), name) == kRefused.end() ? "" : "a config runs, opens and inspects nothing";
}

const Method* find_method(Ref object, std::string_view name) { return find_in(methods_of(object), name); }

std::vector<std::string> method_names(Ref object) {
  std::vector<std::string> names;
  for (const Method& method : methods_of(object)) names.emplace_back(method.name);
  return names;
}

Ref call(Runtime& runtime, Ref function, Arguments& arguments) {
  runtime.work(1);
  if (const auto* native = function->get<Function>(); native != nullptr) {
    arguments.function = native->native->name;
    return native->native->call(runtime, arguments);
  }
  if (const auto* method = function->get<BoundMethod>(); method != nullptr) {
    arguments.function = method->method->name;
    return method->method->call(runtime, method->self, arguments);
  }
  raise(ExceptionType::TypeError, a_kind(function) + " cannot be called");
}

Ref call(Runtime& runtime, Ref function, std::vector<Slot> positional) {
  Arguments arguments{{}, {}, std::move(positional), {}};
  return call(runtime, function, arguments);
}

std::vector<Slot> sorted(Runtime& runtime, std::vector<Slot> items, Ref key, bool reverse) {
  std::vector<std::pair<Ref, Slot>> ranked;
  for (const Slot& item : items) ranked.emplace_back(key == nullptr || key->is_none() ? item.value : call(runtime, key, {item}), item);
  // Reversing before and after keeps equal elements in their order.
  if (reverse) std::reverse(ranked.begin(), ranked.end());
  std::stable_sort(ranked.begin(), ranked.end(), [&](const auto& a, const auto& b) { return less(runtime, a.first, b.first); });
  if (reverse) std::reverse(ranked.begin(), ranked.end());
  std::transform(ranked.begin(), ranked.end(), items.begin(), [](const auto& pair) { return pair.second; });
  return items;
}

void update_table(Runtime& runtime, Table& table, Arguments& arguments) {
  if (arguments.positional.size() > 1) {
    raise(ExceptionType::TypeError,
          std::string(arguments.function) + "() takes one argument without a name, got " + std::to_string(arguments.positional.size()));
  }
  if (!arguments.positional.empty()) {
    const Ref source = arguments.at(0);
    if (const auto* dict = source->get<Dict>(); dict != nullptr) {
      const std::vector<Table::Entry> entries = dict->table.entries();
      for (const auto& entry : entries) table.set(runtime, entry.key, entry.value);
    } else {
      for (const Slot& pair : collect(runtime, source)) {
        const std::vector<Slot> parts = collect(runtime, pair.value);
        if (parts.size() != 2)
          raise(ExceptionType::ValueError, "a dict is made of pairs, not of " + std::to_string(parts.size()) + " elements");
        table.set(runtime, parts[0], parts[1]);
      }
    }
  }
  for (Keyword& keyword : arguments.keywords)
    table.set(runtime, {runtime.string(std::move(keyword.name)), keyword.name_place}, keyword.value);
}

Slot hooked(Runtime& runtime, Slot slot, std::uint32_t depth) {
  if (depth > limits::kValueNesting) throw Error("values are nested too deeply");
  runtime.work(1);
  const auto items = [&](const std::vector<Slot>& all) {
    std::vector<Slot> out;
    for (const Slot& item : all) out.push_back(hooked(runtime, item, depth + 1));
    return out;
  };
  if (const auto* list = slot.value->get<List>(); list != nullptr) return {runtime.list(items(list->items)), slot.place};
  if (const auto* tuple = slot.value->get<Tuple>(); tuple != nullptr) return {runtime.tuple(items(tuple->items)), slot.place};
  const auto* dict = slot.value->get<Dict>();
  if (dict == nullptr || dict->is_config_dict) return slot;
  const Ref made = runtime.dict(true);
  for (const auto& entry : dict->table.entries()) made->get<Dict>()->table.set(runtime, entry.key, hooked(runtime, entry.value, depth + 1));
  return {made, slot.place};
}

void set_item(Runtime& runtime, Dict& dict, Slot key, Slot value) {
  dict.table.set(runtime, key, dict.is_config_dict ? hooked(runtime, value) : value);
}

Ref shallow_copy(Runtime& runtime, Ref object) {
  if (const auto* list = object->get<List>(); list != nullptr) return runtime.list(list->items);
  if (const auto* set = object->get<Set>(); set != nullptr) {
    const Ref made = runtime.set();
    for (const auto& entry : set->table.entries()) made->get<Set>()->table.set(runtime, entry.key, {});
    return made;
  }
  if (const auto* dict = object->get<Dict>(); dict != nullptr) {
    const Ref made = runtime.dict(dict->is_config_dict);
    for (const auto& entry : dict->table.entries()) set_item(runtime, *made->get<Dict>(), entry.key, entry.value);
    return made;
  }
  return object;
}

Ref deep_copy(Runtime& runtime, Ref object) { return DeepCopier(runtime).copy(object); }

}  // namespace detforge::python
