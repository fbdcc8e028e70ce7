#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "detforge/base/error.h"
#include "detforge/checkpoint/checkpoint_limits.h"
#include "detforge/checkpoint/pickle.h"

namespace detforge {
namespace {

using Elements = std::vector<const Object*>;

std::int64_t as_int(const Object& object, const char* what) {
  const auto* value = object.get<std::int64_t>();
  if (value == nullptr) throw Error(std::string(what) + " of a tensor is no int");
  return *value;
}

bool as_bool(const Object& object, const char* what) {
  const auto* value = object.get<bool>();
  if (value == nullptr) throw Error(std::string(what) + " of a tensor is no bool");
  return *value;
}

std::vector<std::int64_t> as_ints(const Object& object, const char* what) {
  const auto* tuple = object.get<Object::Tuple>();
  if (tuple == nullptr) throw Error(std::string(what) + " of a tensor is no tuple");
  if (tuple->elements.size() > checkpoint_limits::dimensions) throw Error("a tensor has more than 64 dimensions");
  std::vector<std::int64_t> values;
  for (const Object* element : tuple->elements) {
    values.push_back(as_int(*element, what));
    if (values.back() < 0) throw Error(std::string(what) + " of a tensor is negative");
  }
  return values;
}

/// `_rebuild_tensor(storage, offset, size, stride)`; v2 adds requires_grad and hooks, v3 the dtype.
Object tensor(const Elements& arguments, std::size_t least) {
  if (arguments.size() < least) throw Error("a tensor is described by too few values");
  const auto* storage = arguments[0]->get<StorageReference>();
  if (storage == nullptr) throw Error("a tensor has no storage");
  TensorReference tensor;
  tensor.storage = *storage;
  tensor.offset = as_int(*arguments[1], "the offset");
  tensor.shape = as_ints(*arguments[2], "the shape");
  tensor.stride = as_ints(*arguments[3], "the stride");
  if (tensor.offset < 0) throw Error("the offset of a tensor is negative");
  if (tensor.shape.size() != tensor.stride.size()) throw Error("a tensor has as many sizes as strides");
  if (least > 4) tensor.requires_grad = as_bool(*arguments[4], "requires_grad");
  return Object{std::move(tensor)};
}

/// numpy.core.multiarray.scalar(dtype, bytes): the number itself.
std::optional<Object> numpy_scalar(const Elements& arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const auto* dtype = arguments[0]->get<Record>();
  const auto* bytes = arguments[1]->get<Object::Bytes>();
  if (dtype == nullptr || bytes == nullptr || dtype->arguments == nullptr) return std::nullopt;
  const auto* names = dtype->arguments->get<Object::Tuple>();
  if (names == nullptr || names->elements.empty() || names->elements[0]->text() == nullptr) return std::nullopt;
  const std::string& code = *names->elements[0]->text();
  const auto read = [&]<class T>(T value) -> std::optional<Object> {
    if (bytes->value.size() != sizeof value) return std::nullopt;
    std::memcpy(&value, bytes->value.data(), sizeof value);
    if constexpr (std::is_floating_point_v<T>) {
      return Object{static_cast<double>(value)};
    } else {
      return Object{static_cast<std::int64_t>(value)};
    }
  };
  if (code == "f8") return read(double{});
  if (code == "f4") return read(float{});
  if (code == "i8") return read(std::int64_t{});
  if (code == "i4") return read(std::int32_t{});
  if (code == "u1") return read(std::uint8_t{});
  return std::nullopt;
}

/// _codecs.encode(text, 'latin1'): how protocol 2 writes bytes.
std::optional<Object> latin1_bytes(const Elements& arguments) {
  if (arguments.size() != 2 || arguments[0]->text() == nullptr || arguments[1]->text() == nullptr) return std::nullopt;
  if (*arguments[1]->text() != "latin1" && *arguments[1]->text() != "latin-1") return std::nullopt;
  std::string bytes;
  const std::string& text = *arguments[0]->text();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
    } else if ((lead == 0xC2 || lead == 0xC3) && i + 1 < text.size()) {
      bytes += static_cast<char>((lead & 3U) << 6U | (static_cast<unsigned char>(text[++i]) & 0x3FU));
    } else {
      return std::nullopt;
    }
  }
  return Object{Object::Bytes{std::move(bytes)}};
}

/// OrderedDict() or OrderedDict([(key, value), …]).
std::optional<Object> ordered_dict(const Elements& arguments) {
  Object::Dict dict;
  dict.is_ordered = true;
  if (arguments.empty()) return Object{std::move(dict)};
  const auto* pairs = arguments[0]->get<Object::List>();
  if (arguments.size() != 1 || pairs == nullptr) return std::nullopt;
  for (const Object* pair : pairs->elements) {
    const auto* list = pair->get<Object::List>();
    const auto* tuple = pair->get<Object::Tuple>();
    const Elements* both = list != nullptr ? &list->elements : tuple != nullptr ? &tuple->elements : nullptr;
    if (both == nullptr || both->size() != 2) throw Error("an OrderedDict is made of something else than pairs");
    dict.items.emplace_back((*both)[0], (*both)[1]);
  }
  return Object{std::move(dict)};
}

std::optional<Object> set_of(const Elements& arguments) {
  if (arguments.empty()) return Object{Object::Set{}};
  const auto* list = arguments[0]->get<Object::List>();
  if (arguments.size() != 1 || list == nullptr) return std::nullopt;
  return Object{Object::Set{list->elements}};
}

std::optional<Object> parameter(const Elements& arguments) {
  const auto* data = arguments.empty() ? nullptr : arguments[0]->get<TensorReference>();
  if (data == nullptr || arguments.size() < 2) throw Error("a parameter has no tensor");
  TensorReference tensor = *data;
  tensor.is_parameter = true;
  tensor.requires_grad = as_bool(*arguments[1], "requires_grad");
  return Object{std::move(tensor)};
}

std::optional<Object> tensor_of_dtype(const Elements& arguments) {
  Object made = tensor(arguments, 7);
  const auto* dtype = arguments[6]->get<Object::Global>();
  if (dtype == nullptr || !dtype->name.starts_with("torch.")) throw Error("a tensor's dtype is no name of torch");
  const auto known = dtype_from_name(dtype->name.substr(6));
  if (!known) throw Error("the dtype " + dtype->name + " is not known");
  auto& reference = std::get<TensorReference>(made.data);
  // The storage counted bytes.
  reference.storage.numel /= static_cast<std::int64_t>(item_size(*known));
  reference.storage.dtype = *known;
  return made;
}

std::optional<Object> known_call(const std::string& type, const Elements& arguments) {
  if (type == "collections.OrderedDict") return ordered_dict(arguments);
  if (type == "torch._utils._rebuild_tensor_v2") return tensor(arguments, 6);
  if (type == "torch._utils._rebuild_tensor_v3") return tensor_of_dtype(arguments);
  if (type == "torch._utils._rebuild_tensor") return tensor(arguments, 4);
  if (type == "torch._utils._rebuild_parameter") return parameter(arguments);
  if (type == "numpy.core.multiarray.scalar" || type == "numpy._core.multiarray.scalar") return numpy_scalar(arguments);
  if (type == "_codecs.encode") return latin1_bytes(arguments);
  if ((type == "__builtin__.bytes" || type == "builtins.bytes") && arguments.empty()) return Object{Object::Bytes{}};
  if (type == "builtins.set" || type == "__builtin__.set" || type == "builtins.frozenset" || type == "__builtin__.frozenset") {
    return set_of(arguments);
  }
  if (type == "torch.Size" && arguments.size() == 1 && arguments[0]->get<Object::Tuple>() != nullptr) return Object{*arguments[0]};
  if (type.starts_with("torch._utils._rebuild_qtensor")) throw Error("quantized tensors are not known");
  return std::nullopt;
}

}  // namespace

const Object* rebuild(const std::string& type, const Object& arguments, ObjectHeap& heap) {
  auto made = known_call(type, arguments.get<Object::Tuple>()->elements);
  return made ? &heap.emplace_back(*std::move(made)) : nullptr;
}

StorageReference storage_of_persistent_id(const Object& id) {
  const auto* tuple = id.get<Object::Tuple>();
  if (tuple == nullptr || tuple->elements.empty()) throw Error("a persistent id is no tuple");
  const Elements& parts = tuple->elements;
  if (parts[0]->text() == nullptr || *parts[0]->text() != "storage" || parts.size() < 5 || parts.size() > 6) {
    throw Error("a persistent id is no ('storage', class, key, location, size)");
  }
  const auto* type = parts[1]->get<Object::Global>();
  const std::string* key = parts[2]->text();
  const auto* numel = parts[4]->get<std::int64_t>();
  if (type == nullptr || key == nullptr || numel == nullptr || *numel < 0) throw Error("a storage is described wrongly");
  if (key->size() > checkpoint_limits::name_bytes) throw Error("a storage's key is too long");
  StorageReference storage{*key, DType::U8, *numel, 0};
  const std::string name = type->name.substr(type->name.rfind('.') + 1);
  if (name != "UntypedStorage") {
    const auto dtype = type->name.starts_with("torch.") ? dtype_from_storage_class(name) : std::nullopt;
    if (!dtype) throw Error("storages of the type " + type->name + " are not known");
    storage.dtype = *dtype;
  }
  if (parts.size() == 6 && !parts[5]->is_none()) {
    // Old files: (key of the view, offset, size), a part of the storage.
    const auto* view = parts[5]->get<Object::Tuple>();
    const auto* offset = view != nullptr && view->elements.size() == 3 ? view->elements[1]->get<std::int64_t>() : nullptr;
    if (offset == nullptr || *offset < 0) throw Error("a view of a storage is described wrongly");
    storage.view_offset = *offset;
  }
  return storage;
}

}  // namespace detforge
