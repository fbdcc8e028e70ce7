#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "detforge/base/error.h"
#include "detforge/checkpoint/append_number.h"
#include "detforge/checkpoint/write.h"

namespace detforge {
namespace {

using Json = nlohmann::ordered_json;

/// Tuples and sets become lists, keys that are no str their repr, and so do the numbers that JSON has no word for.
Json json_of(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::None: return nullptr;
    case Value::Kind::Bool: return value.as_bool();
    case Value::Kind::Int: return value.as_int();
    case Value::Kind::String: return value.as_string();
    case Value::Kind::Float:
      if (std::isfinite(value.as_double())) return value.as_double();
      [[fallthrough]];
    case Value::Kind::Bytes: return repr(value);
    case Value::Kind::List:
    case Value::Kind::Tuple:
    case Value::Kind::Set: {
      Json list = Json::array();
      for (const Value& element : value.elements()) list.push_back(json_of(element));
      return list;
    }
    case Value::Kind::Dict: break;
  }
  Json object = Json::object();
  for (const auto& [key, item] : value.as_dict()) object[key.is_string() ? key.as_string() : repr(key)] = json_of(item);
  return object;
}

std::string text_of(const Json& json, Json::error_handler_t invalid) { return json.dump(-1, ' ', /*ensure_ascii=*/false, invalid); }

struct Placed {
  TensorView view;
  DType dtype = DType::F32;
  std::uint64_t begin = 0, end = 0;
};

/// The tensors with their places: the widest types first, so that each lies at a multiple of its element's size.
std::vector<Placed> place(const std::vector<TensorView>& tensors, const Storages& storages) {
  std::vector<Placed> placed;
  std::set<std::string> names;
  for (const TensorView& view : tensors) {
    if (!names.insert(view.name).second) throw Error("two tensors have the name '" + view.name + "', which safetensors can not say");
    placed.push_back({view, storages.dtype(view.tensor.storage)});
    if (!safetensors_name(placed.back().dtype)) {
      throw Error("the tensor '" + view.name + "' is " + std::string(dtype_name(placed.back().dtype)) +
                  ", which safetensors does not know");
    }
  }
  std::vector<Placed*> order;
  for (Placed& tensor : placed) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const Placed* a, const Placed* b) { return item_size(a->dtype) > item_size(b->dtype); });
  std::uint64_t at = 0;
  for (Placed* tensor : order) {
    tensor->begin = at;
    at += static_cast<std::uint64_t>(tensor->view.numel()) * item_size(tensor->dtype);
    tensor->end = at;
  }
  return placed;
}

std::string header_of(const std::vector<Placed>& tensors, const Value& meta) {
  Json header = Json::object();
  header["__metadata__"] = {{"format", "pt"}};
  if (!meta.is_none()) header["__metadata__"]["meta"] = text_of(json_of(meta), Json::error_handler_t::replace);
  for (const Placed& tensor : tensors) {
    header[tensor.view.name] = {
        {"dtype", *safetensors_name(tensor.dtype)}, {"shape", tensor.view.shape()}, {"data_offsets", {tensor.begin, tensor.end}}};
  }
  try {
    std::string text = text_of(header, Json::error_handler_t::strict);
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  } catch (const Json::exception&) {
    throw Error("a tensor's name is no UTF-8, as safetensors wants it");
  }
}

std::set<std::string> keys_without_place(const Object& root) {
  std::set<std::string> keys;
  const auto* dict = root.get<Object::Dict>();
  const Object& weights = find_state_dict(root);
  if (dict == nullptr || &weights == &root) return keys;
  for (const auto& [key, value] : dict->items) {
    if (key->text() != nullptr && *key->text() != "meta" && value != &weights) keys.insert(*key->text());
  }
  return keys;
}

}  // namespace

WriteReport write_safetensors(const Object& root, Storages& storages, const Sink& sink) {
  const Object* meta = root.find("meta");
  std::vector<Placed> tensors = place(state_dict_of(root, storages), storages);
  const std::string header = header_of(tensors, meta == nullptr ? Value() : plain_value(*meta));
  std::string length;
  append_number(length, static_cast<std::uint64_t>(header.size()));
  sink(length + header);
  std::sort(tensors.begin(), tensors.end(),
            [](const Placed& a, const Placed& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  for (const Placed& tensor : tensors) {
    try {
      const auto bytes = contiguous_bytes(tensor.view.tensor, storages);
      sink({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    } catch (Error& error) {
      throw std::move(error.note("the tensor '" + tensor.view.name + "'"));
    }
  }
  return {{}, keys_without_place(root)};
}

}  // namespace detforge
