#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "detforge/config/python/runtime.h"

/// The functions and methods that a config may call. To add one: write it beside its like and name it in that table.
namespace detforge::python {

/// `len`, `dict`, …; null for an unknown name.
const Native* find_builtin(std::string_view name);
/// All names, for "did you mean".
std::vector<std::string> builtin_names();
/// Why a Python builtin is left out (`open`, `exec`, …); empty for others.
std::string_view refused_builtin(std::string_view name);

/// Null when objects of this kind have no such method.
const Method* find_method(Ref object, std::string_view name);
std::vector<std::string> method_names(Ref object);

std::span<const Method> string_methods();
std::span<const Method> list_methods();
std::span<const Method> tuple_methods();
std::span<const Method> dict_methods();
std::span<const Method> config_dict_methods();
std::span<const Method> set_methods();
std::span<const Native> type_builtins();
std::span<const Native> function_builtins();

/// Call a function or method object. TypeError when it is neither.
Ref call(Runtime& runtime, Ref function, Arguments& arguments);
Ref call(Runtime& runtime, Ref function, std::vector<Slot> positional);

/// Sorted as Python's `sorted` does: stable, by `key` where it is not null.
std::vector<Slot> sorted(Runtime& runtime, std::vector<Slot> items, Ref key, bool reverse);
/// `dict(…)`: of a dict or of pairs, then keywords.
void update_table(Runtime& runtime, Table& table, Arguments& arguments);

/// A plain dict put into a ConfigDict becomes one, lists and tuples on the way are copied.
Slot hooked(Runtime& runtime, Slot slot, std::uint32_t depth = 0);
void set_item(Runtime& runtime, Dict& dict, Slot key, Slot value);

/// `copy.copy` and `copy.deepcopy`; what a deep copy shared stays shared among the copies.
Ref shallow_copy(Runtime& runtime, Ref object);
Ref deep_copy(Runtime& runtime, Ref object);

}  // namespace detforge::python
