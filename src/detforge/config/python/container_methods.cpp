#include <algorithm>

#include "detforge/config/limits.h"
#include "detforge/config/python/builtins.h"
#include "detforge/config/python/iterate.h"
#include "detforge/config/python/operators.h"

namespace detforge::python {
namespace {

std::vector<Slot>& items_of(Ref self) { return self->get<List>()->items; }
// NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn): its callers have a dict or a set
Table& table_of(Ref self) { return self->get<Dict>() != nullptr ? self->get<Dict>()->table : self->get<Set>()->table; }

const Slot& only(const Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  return arguments.positional[0];
}

Ref append(Runtime& runtime, Ref self, Arguments& arguments) {
  const Slot& item = only(arguments);
  runtime.grow(items_of(self).size() + 1, 1);
  items_of(self).push_back(item);
  return runtime.none();
}

Ref extend(Runtime& runtime, Ref self, Arguments& arguments) {
  augmented_operator(runtime, BinaryOperator::Add, self, only(arguments).value);
  return runtime.none();
}

Ref insert(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(2, 2);
  arguments.no_keywords();
  auto& items = items_of(self);
  const auto size = static_cast<std::int64_t>(items.size());
  const std::int64_t wanted = need_integer(arguments.at(0), "an index");
  const std::int64_t position = std::clamp<std::int64_t>(wanted < 0 ? std::max(wanted, -size) + size : wanted, 0, size);
  runtime.grow(items.size() + 1, 1);
  runtime.work(items.size());
  items.insert(items.begin() + position, arguments.positional[1]);
  return runtime.none();
}

Ref pop_item(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 1);
  arguments.no_keywords();
  auto& items = items_of(self);
  const auto size = static_cast<std::int64_t>(items.size());
  const std::int64_t wanted = arguments.positional.empty() ? -1 : need_integer(arguments.at(0), "an index");
  if (wanted < -size || wanted >= size)
    raise(ExceptionType::IndexError, "index " + std::to_string(wanted) + " is outside a list of " + std::to_string(size));
  const auto position = items.begin() + (wanted < 0 ? wanted + size : wanted);
  const Ref value = position->value;
  runtime.work(items.size());
  items.erase(position);
  return value;
}

std::size_t position_of(Runtime& runtime, const std::vector<Slot>& items, const Arguments& arguments) {
  const Ref wanted = only(arguments).value;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (equal(runtime, items[i].value, wanted)) return i;
  }
  raise(ExceptionType::ValueError, "what " + std::string(arguments.function) + "() looks for is not there");
}

Ref remove(Runtime& runtime, Ref self, Arguments& arguments) {
  items_of(self).erase(items_of(self).begin() + static_cast<std::ptrdiff_t>(position_of(runtime, items_of(self), arguments)));
  return runtime.none();
}

const std::vector<Slot>& sequence_of(Ref self) { return self->get<Tuple>() != nullptr ? self->get<Tuple>()->items : items_of(self); }

Ref index(Runtime& runtime, Ref self, Arguments& arguments) {
  return runtime.integer(static_cast<std::int64_t>(position_of(runtime, sequence_of(self), arguments)));
}

Ref count(Runtime& runtime, Ref self, Arguments& arguments) {
  const Ref wanted = only(arguments).value;
  const auto& items = sequence_of(self);
  return runtime.integer(std::count_if(items.begin(), items.end(), [&](const Slot& item) { return equal(runtime, item.value, wanted); }));
}

Ref sort(Runtime& runtime, Ref self, Arguments& arguments) {
  const Ref key = arguments.take(SIZE_MAX, "key");
  const Ref reverse = arguments.take(SIZE_MAX, "reverse");
  arguments.expect(0, 0);
  items_of(self) = sorted(runtime, items_of(self), key, reverse != nullptr && truth(reverse));
  return runtime.none();
}

Ref reverse(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  runtime.work(items_of(self).size());
  std::reverse(items_of(self).begin(), items_of(self).end());
  return runtime.none();
}

Ref clear(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  if (self->get<List>() != nullptr) items_of(self).clear();
  else table_of(self).clear();
  return runtime.none();
}

Ref copy(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  return shallow_copy(runtime, self);
}

Ref get(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(1, 2);
  const Ref fallback = arguments.take(1, "default");
  arguments.no_keywords();
  const auto* found = table_of(self).find(runtime, arguments.at(0));
  return found != nullptr ? found->value.value : fallback != nullptr ? fallback : runtime.none();
}

Ref view(Runtime& runtime, Ref self, Arguments& arguments, DictView::Part part) {
  arguments.expect(0, 0);
  return runtime.make({DictView{self, part}});
}
Ref keys(Runtime& runtime, Ref self, Arguments& arguments) { return view(runtime, self, arguments, DictView::Part::Keys); }
Ref values(Runtime& runtime, Ref self, Arguments& arguments) { return view(runtime, self, arguments, DictView::Part::Values); }
Ref dict_items(Runtime& runtime, Ref self, Arguments& arguments) { return view(runtime, self, arguments, DictView::Part::Items); }

/// ConfigDict's values() and items() are lists.
Ref value_list(Runtime& runtime, Ref self, Arguments& arguments) {
  return runtime.list(collect(runtime, values(runtime, self, arguments)));
}
Ref item_list(Runtime& runtime, Ref self, Arguments& arguments) {
  return runtime.list(collect(runtime, dict_items(runtime, self, arguments)));
}

Ref pop_key(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(1, 2);
  const bool is_config_dict = self->get<Dict>()->is_config_dict;
  const Ref fallback = arguments.take(1, is_config_dict ? "default" : "");
  arguments.no_keywords();
  const Ref key = arguments.at(0);
  if (const auto* found = table_of(self).find(runtime, key); found != nullptr) {
    const Ref value = found->value.value;
    table_of(self).erase(runtime, key);
    return value;
  }
  if (fallback != nullptr) return fallback;
  if (is_config_dict) return runtime.none();
  const auto* text = key->get<std::string>();
  raise(ExceptionType::KeyError, text != nullptr ? "there is no key '" + *text + "'" : "there is no such key");
}

Ref popitem(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  if (table_of(self).size() == 0) raise(ExceptionType::KeyError, "popitem() of an empty dict");
  const Table::Entry entry = table_of(self).entries().back();
  table_of(self).erase(runtime, entry.key.value);
  return runtime.tuple({entry.key, entry.value});
}

Ref setdefault(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(1, 2);
  arguments.no_keywords();
  const Slot& key = arguments.positional[0];
  if (const auto* found = table_of(self).find(runtime, key.value); found != nullptr) return found->value.value;
  const Slot value = arguments.positional.size() > 1 ? arguments.positional[1] : Slot{runtime.none(), arguments.place};
  set_item(runtime, *self->get<Dict>(), key, value);
  return value.value;
}

Ref update(Runtime& runtime, Ref self, Arguments& arguments) {
  update_table(runtime, table_of(self), arguments);
  return runtime.none();
}

/// ConfigDict's update goes into dicts that stand on both sides.
void update_config_dict(Runtime& runtime, Ref self, const Table& more, std::uint32_t depth) {
  if (depth > limits::kValueNesting) throw Error("values are nested too deeply");
  // A copy: `more` may be the table that changes.
  const std::vector<Table::Entry> entries = more.entries();  // NOLINT(performance-unnecessary-copy-initialization)
  for (const auto& entry : entries) {
    const auto* mine = table_of(self).find(runtime, entry.key.value);
    const auto* theirs = entry.value.value->get<Dict>();
    if (mine != nullptr && mine->value.value->get<Dict>() != nullptr && theirs != nullptr) {
      update_config_dict(runtime, mine->value.value, theirs->table, depth + 1);
    } else {
      set_item(runtime, *self->get<Dict>(), entry.key, entry.value);
    }
  }
}

Ref update_nested(Runtime& runtime, Ref self, Arguments& arguments) {
  const Ref more = runtime.dict();
  if (!arguments.positional.empty() && arguments.at(0)->get<Dict>() == nullptr) {
    raise(ExceptionType::TypeError, "update() of a ConfigDict takes a dict");
  }
  update_table(runtime, more->get<Dict>()->table, arguments);
  update_config_dict(runtime, self, more->get<Dict>()->table, 0);
  return runtime.none();
}

Ref to_dict(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  const Ref made = deep_copy(runtime, self);
  made->get<Dict>()->is_config_dict = false;
  return made;
}

Ref add(Runtime& runtime, Ref self, Arguments& arguments) {
  table_of(self).set(runtime, only(arguments), {});
  return runtime.none();
}

Ref discard(Runtime& runtime, Ref self, Arguments& arguments) {
  table_of(self).erase(runtime, only(arguments).value);
  return runtime.none();
}

Ref remove_element(Runtime& runtime, Ref self, Arguments& arguments) {
  if (!table_of(self).erase(runtime, only(arguments).value)) raise(ExceptionType::KeyError, "what remove() looks for is not there");
  return runtime.none();
}

Ref combined(Runtime& runtime, Ref self, Arguments& arguments, BinaryOperator op) {
  Arguments other{"set", {}, {only(arguments)}, {}};
  return binary_operator(runtime, op, self, find_builtin("set")->call(runtime, other));
}
Ref set_union(Runtime& runtime, Ref self, Arguments& arguments) { return combined(runtime, self, arguments, BinaryOperator::Or); }
Ref intersection(Runtime& runtime, Ref self, Arguments& arguments) { return combined(runtime, self, arguments, BinaryOperator::And); }
Ref difference(Runtime& runtime, Ref self, Arguments& arguments) { return combined(runtime, self, arguments, BinaryOperator::Subtract); }

Ref set_update(Runtime& runtime, Ref self, Arguments& arguments) {
  for (const Slot& item : collect(runtime, only(arguments).value)) table_of(self).set(runtime, item, {});
  return runtime.none();
}

Ref issubset(Runtime& runtime, Ref self, Arguments& arguments) {
  return runtime.boolean(equal(runtime, intersection(runtime, self, arguments), self));
}

constexpr Method kListMethods[] = {
    {"append", append}, {"clear", clear},  {"copy", copy},     {"count", count},     {"extend", extend}, {"index", index},
    {"insert", insert}, {"pop", pop_item}, {"remove", remove}, {"reverse", reverse}, {"sort", sort},
};
constexpr Method kTupleMethods[] = {{"count", count}, {"index", index}};
constexpr Method kDictMethods[] = {
    {"clear", clear},   {"copy", copy},     {"get", get},         {"items", dict_items},
    {"keys", keys},     {"pop", pop_key},   {"popitem", popitem}, {"setdefault", setdefault},
    {"update", update}, {"values", values},
};
constexpr Method kConfigDictMethods[] = {
    {"clear", clear},
    {"copy", copy},
    {"get", get},
    {"items", item_list},
    {"keys", keys},
    {"pop", pop_key},
    {"popitem", popitem},
    {"setdefault", setdefault},
    {"update", update_nested},
    {"values", value_list},
    {"to_dict", to_dict},
};
constexpr Method kSetMethods[] = {
    {"add", add},           {"clear", clear},
    {"copy", copy},         {"difference", difference},
    {"discard", discard},   {"intersection", intersection},
    {"issubset", issubset}, {"remove", remove_element},
    {"union", set_union},   {"update", set_update},
};

}  // namespace

std::span<const Method> list_methods() { return kListMethods; }
std::span<const Method> tuple_methods() { return kTupleMethods; }
std::span<const Method> dict_methods() { return kDictMethods; }
std::span<const Method> config_dict_methods() { return kConfigDictMethods; }
std::span<const Method> set_methods() { return kSetMethods; }

}  // namespace detforge::python
