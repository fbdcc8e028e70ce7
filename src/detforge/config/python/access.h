#pragma once

#include "detforge/config/python/runtime.h"

/// `object[index]`, slices, and attributes: reading, writing and deleting.
namespace detforge::python {

Ref get_item(Runtime& runtime, Ref object, Ref index);
/// `index` carries the place of a new key.
void set_item(Runtime& runtime, Ref object, Slot index, Slot value);
void delete_item(Runtime& runtime, Ref object, Ref index);

/// Methods, members of modules, keys of a ConfigDict. AttributeError otherwise.
Ref get_attribute(Runtime& runtime, Ref object, std::string_view name);
void set_attribute(Runtime& runtime, Ref object, std::string_view name, Place name_place, Slot value);
void delete_attribute(Runtime& runtime, Ref object, std::string_view name);

}  // namespace detforge::python
