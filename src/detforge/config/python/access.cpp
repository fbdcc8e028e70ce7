#include "detforge/config/python/access.h"

#include <algorithm>

#include "detforge/config/python/builtins.h"
#include "detforge/config/python/iterate.h"
#include "detforge/config/python/modules.h"
#include "detforge/config/python/object_text.h"
#include "detforge/config/python/text.h"

namespace detforge::python {
namespace {

/// The positions that a slice of a sequence of `size` takes, as CPython's `PySlice_AdjustIndices`.
struct Indices {
  std::int64_t start = 0, step = 1, count = 0;
};

Indices slice_indices(const Slice& slice, std::int64_t size) {
  Indices indices;
  if (!slice.step->is_none()) indices.step = need_integer(slice.step, "the step of a slice");
  if (indices.step == 0) raise(ExceptionType::ValueError, "the step of a slice is zero");
  indices.step = std::clamp<std::int64_t>(indices.step, -INT64_MAX, INT64_MAX);
  const bool forward = indices.step > 0;
  const auto bound = [&](Ref value, std::int64_t missing) {
    if (value->is_none()) return missing;
    std::int64_t position = need_integer(value, "a bound of a slice");
    if (position < 0) position = std::max(position, -size - 1) + size;
    return std::clamp<std::int64_t>(position, forward ? 0 : -1, forward ? size : size - 1);
  };
  indices.start = bound(slice.start, forward ? 0 : size - 1);
  const std::int64_t stop = bound(slice.stop, forward ? size : -1);
  const std::int64_t distance = forward ? stop - indices.start : indices.start - stop;
  const std::int64_t stride = forward ? indices.step : -indices.step;
  indices.count = distance > 0 ? (distance - 1) / stride + 1 : 0;
  return indices;
}

template <class Sequence>
Sequence taken(const Sequence& all, const Indices& indices) {
  Sequence out;
  std::int64_t position = indices.start;
  for (std::int64_t i = 0; i < indices.count; ++i) {
    out.push_back(all[static_cast<std::size_t>(position)]);
    // Beyond the last one the step may be any int.
    if (i + 1 < indices.count) position += indices.step;
  }
  return out;
}

std::size_t position_in(Ref index, std::size_t size, std::string_view type) {
  const auto wanted = as_integer(index);
  if (!wanted) raise(ExceptionType::TypeError, "the index of a " + std::string(type) + " has to be an int, not " + a_kind(index));
  const auto count = static_cast<std::int64_t>(size);
  if (*wanted < -count || *wanted >= count) {
    raise(ExceptionType::IndexError,
          "index " + std::to_string(*wanted) + " is outside a " + std::string(type) + " of " + std::to_string(size));
  }
  return static_cast<std::size_t>(*wanted < 0 ? *wanted + count : *wanted);
}

[[noreturn]] void missing_key(Runtime& runtime, const Table& table, Ref key) {
  const auto* text = key->get<std::string>();
  if (text == nullptr) raise(ExceptionType::KeyError, "there is no key " + repr(runtime, key));
  std::vector<std::string> names;
  for (const auto& entry : table.entries()) {
    if (const auto* name = entry.key.value->get<std::string>(); name != nullptr) names.push_back(*name);
  }
  raise(ExceptionType::KeyError, "there is no key '" + *text + "'" + did_you_mean(*text, names));
}

Ref get_slice(Runtime& runtime, Ref object, const Slice& slice) {
  const auto indices = [&](std::size_t size) {
    runtime.work(size);
    return slice_indices(slice, static_cast<std::int64_t>(size));
  };
  if (const auto* list = object->get<List>(); list != nullptr) return runtime.list(taken(list->items, indices(list->items.size())));
  if (const auto* tuple = object->get<Tuple>(); tuple != nullptr) return runtime.tuple(taken(tuple->items, indices(tuple->items.size())));
  if (const auto* bytes = object->get<Bytes>(); bytes != nullptr) return runtime.bytes(taken(bytes->data, indices(bytes->data.size())));
  if (const auto* text = object->get<std::string>(); text != nullptr) {
    const std::u32string points = decode_utf8(*text);
    return runtime.string(encode_utf8(taken(points, indices(points.size()))));
  }
  if (const auto* range = object->get<Range>(); range != nullptr) {
    const Indices part = slice_indices(slice, range->size());
    if (part.count == 0) return runtime.make({Range{0, 0, 1}});
    if (part.count == 1)
      return runtime.make({Range{range->start + part.start * range->step, range->start + part.start * range->step + 1, 1}});
    const std::int64_t step = part.step * range->step;
    const std::int64_t start = range->start + part.start * range->step;
    return runtime.make({Range{start, start + (part.count - 1) * step + (step > 0 ? 1 : -1), step}});
  }
  raise(ExceptionType::TypeError, a_kind(object) + " has no slices");
}

void set_slice(Runtime& runtime, std::vector<Slot>& items, const Slice& slice, Ref value) {
  const std::vector<Slot> more = collect(runtime, value);
  const Indices indices = slice_indices(slice, static_cast<std::int64_t>(items.size()));
  if (indices.step == 1) {
    const auto begin = items.begin() + indices.start;
    runtime.grow(items.size() + more.size(), more.size());
    runtime.work(items.size());
    items.insert(items.erase(begin, begin + indices.count), more.begin(), more.end());
    return;
  }
  if (static_cast<std::int64_t>(more.size()) != indices.count) {
    raise(ExceptionType::ValueError, std::to_string(more.size()) + " values for a slice of " + std::to_string(indices.count));
  }
  for (std::int64_t i = 0; i < indices.count; ++i)
    items[static_cast<std::size_t>(indices.start + i * indices.step)] = more[static_cast<std::size_t>(i)];
}

void delete_slice(Runtime& runtime, std::vector<Slot>& items, const Slice& slice) {
  const Indices indices = slice_indices(slice, static_cast<std::int64_t>(items.size()));
  runtime.work(items.size());
  std::vector<bool> dropped(items.size(), false);
  for (std::int64_t i = 0; i < indices.count; ++i) dropped[static_cast<std::size_t>(indices.start + i * indices.step)] = true;
  std::vector<Slot> kept;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!dropped[i]) kept.push_back(items[i]);
  }
  items = std::move(kept);
}

}  // namespace

Ref get_item(Runtime& runtime, Ref object, Ref index) {
  if (auto* dict = object->get<Dict>(); dict != nullptr) {
    const auto* found = dict->table.find(runtime, index);
    if (found == nullptr) missing_key(runtime, dict->table, index);
    return found->value.value;
  }
  if (const auto* slice = index->get<Slice>(); slice != nullptr) return get_slice(runtime, object, *slice);
  if (const auto* list = object->get<List>(); list != nullptr) return list->items[position_in(index, list->items.size(), "list")].value;
  if (const auto* tuple = object->get<Tuple>(); tuple != nullptr)
    return tuple->items[position_in(index, tuple->items.size(), "tuple")].value;
  if (const auto* text = object->get<std::string>(); text != nullptr) {
    runtime.work(text->size());
    const std::size_t begin = byte_offset(*text, position_in(index, code_points(*text), "str"));
    return runtime.string(text->substr(begin, code_point_length(*text, begin)));
  }
  if (const auto* bytes = object->get<Bytes>(); bytes != nullptr) {
    return runtime.integer(static_cast<unsigned char>(bytes->data[position_in(index, bytes->data.size(), "bytes")]));
  }
  if (const auto* range = object->get<Range>(); range != nullptr) {
    return runtime.integer(range->start +
                           static_cast<std::int64_t>(position_in(index, static_cast<std::size_t>(range->size()), "range")) * range->step);
  }
  if (const auto* module = object->get<ModuleObject>(); module != nullptr) {
    if (const Ref item = module_item(runtime, *module->module, index); item != nullptr) return item;
  }
  raise(ExceptionType::TypeError, a_kind(object) + " has no elements to take by index or key");
}

void set_item(Runtime& runtime, Ref object, Slot index, Slot value) {
  if (auto* dict = object->get<Dict>(); dict != nullptr) return set_item(runtime, *dict, index, value);
  auto* list = object->get<List>();
  if (list == nullptr) raise(ExceptionType::TypeError, a_kind(object) + " has no elements to set");
  if (const auto* slice = index.value->get<Slice>(); slice != nullptr) return set_slice(runtime, list->items, *slice, value.value);
  list->items[position_in(index.value, list->items.size(), "list")] = value;
}

void delete_item(Runtime& runtime, Ref object, Ref index) {
  if (auto* dict = object->get<Dict>(); dict != nullptr) {
    if (!dict->table.erase(runtime, index)) missing_key(runtime, dict->table, index);
    return;
  }
  auto* list = object->get<List>();
  if (list == nullptr) raise(ExceptionType::TypeError, a_kind(object) + " has no elements to delete");
  if (const auto* slice = index->get<Slice>(); slice != nullptr) return delete_slice(runtime, list->items, *slice);
  runtime.work(list->items.size());
  list->items.erase(list->items.begin() + static_cast<std::ptrdiff_t>(position_in(index, list->items.size(), "list")));
}

Ref get_attribute(Runtime& runtime, Ref object, std::string_view name) {
  if (const Method* method = find_method(object, name); method != nullptr) return runtime.make({BoundMethod{object, method}});
  std::vector<std::string> names = method_names(object);
  if (const auto* module = object->get<ModuleObject>(); module != nullptr) {
    if (const Ref member = module_member(runtime, *module->module, name); member != nullptr) return member;
    raise_no_member(*module->module, name);
  }
  if (auto* dict = object->get<Dict>(); dict != nullptr && dict->is_config_dict) {
    if (const auto* found = dict->table.find(name); found != nullptr) return found->value.value;
    for (const auto& entry : dict->table.entries()) {
      if (const auto* key = entry.key.value->get<std::string>(); key != nullptr) names.push_back(*key);
    }
  }
  raise(ExceptionType::AttributeError, a_kind(object) + " has no '" + std::string(name) + "'" + did_you_mean(name, names));
}

void set_attribute(Runtime& runtime, Ref object, std::string_view name, Place name_place, Slot value) {
  auto* dict = object->get<Dict>();
  if (dict == nullptr || !dict->is_config_dict) {
    raise(ExceptionType::AttributeError, a_kind(object) + " has no attributes to set");
  }
  if (find_method(object, name) != nullptr)
    raise(ExceptionType::AttributeError, "'" + std::string(name) + "' is a method; set the key by ['" + std::string(name) + "']");
  set_item(runtime, *dict, {runtime.string(std::string(name)), name_place}, value);
}

void delete_attribute(Runtime& runtime, Ref object, std::string_view name) {
  auto* dict = object->get<Dict>();
  if (dict == nullptr || !dict->is_config_dict) {
    raise(ExceptionType::AttributeError, a_kind(object) + " has no attributes to delete");
  }
  delete_item(runtime, object, runtime.string(std::string(name)));
}

}  // namespace detforge::python
