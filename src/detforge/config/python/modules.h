#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detforge/config/python/runtime.h"

/// The few modules that a config may import: they compute, and touch nothing but the environment's variables.
namespace detforge::python {

/// By its dotted name; null for any other.
const Module* find_module(std::string_view name);
std::string_view module_name(const Module& module);
std::vector<std::string> module_names();

/// Whether `module` belongs to a package that a Python with MMDetection has: its standard library's, OpenMMLab's, PyTorch's and what
/// these bring. It cannot be used here.
bool is_usual_package(std::string_view module);

/// A member as an object: a function, a number, a module within. Null for an unknown name.
Ref module_member(Runtime& runtime, const Module& module, std::string_view name);
std::vector<std::string> module_names(const Module& module);

/// Raises the AttributeError of a member that a module does not have here, with the way out.
[[noreturn]] void raise_no_member(const Module& module, std::string_view name);

/// `os.environ[name]`; null for any other module. Raises KeyError for a variable that is not set.
Ref module_item(Runtime& runtime, const Module& module, Ref key);
/// `name in os.environ`; none for any other module.
std::optional<bool> module_contains(const Module& module, Ref key);

}  // namespace detforge::python
