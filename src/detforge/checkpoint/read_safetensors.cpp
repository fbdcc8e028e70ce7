#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "detforge/base/error.h"
#include "detforge/checkpoint/byte_reader.h"
#include "detforge/checkpoint/checkpoint_limits.h"
#include "detforge/checkpoint/storages.h"

namespace detforge {
namespace {

using Json = nlohmann::ordered_json;

/// Every tensor is a storage of its own, under its name.
class SafetensorsStorages : public Storages {
 public:
  std::uint64_t size(const StorageReference& storage) const override { return find(storage).size(); }
  std::span<const std::byte> bytes(const StorageReference& storage) override { return find(storage); }
  void add(const std::string& key, std::span<const std::byte> bytes) { bytes_.emplace(key, bytes); }

 private:
  std::span<const std::byte> find(const StorageReference& storage) const { return bytes_.at(storage.key); }

  std::map<std::string, std::span<const std::byte>> bytes_;
};

struct Range {
  std::uint64_t begin = 0, end = 0;
};

Range data_range(const Json& entry, std::uint64_t size) {
  const Json& offsets = entry.at("data_offsets");
  const Range range{offsets.at(0).get<std::uint64_t>(), offsets.at(1).get<std::uint64_t>()};
  if (offsets.size() != 2 || range.begin > range.end || range.end > size) throw Error("its data_offsets lie outside the file");
  return range;
}

TensorReference tensor_of(const std::string& name, const Json& entry, const Range& range) {
  const auto dtype = dtype_from_safetensors(entry.at("dtype").get<std::string>());
  if (!dtype) throw Error("its dtype " + entry.at("dtype").dump() + " is not known");
  TensorReference tensor;
  tensor.shape = entry.at("shape").get<std::vector<std::int64_t>>();
  if (tensor.shape.size() > checkpoint_limits::dimensions) throw Error("it has too many dimensions");
  std::uint64_t numel = 1;
  for (const std::int64_t size : tensor.shape) {
    if (size < 0 || __builtin_mul_overflow(numel, static_cast<std::uint64_t>(size), &numel)) throw Error("its shape is impossible");
  }
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(numel, item_size(*dtype), &bytes) || bytes != range.end - range.begin) {
    throw Error("its shape and its data_offsets disagree");
  }
  tensor.stride = contiguous_stride(tensor.shape);
  tensor.storage = {name, *dtype, static_cast<std::int64_t>(numel), 0};
  return tensor;
}

/// JSON of bounded nesting, which is looked at before the parser sees it.
Json parse_json(std::string_view text) {
  constexpr int deepest = 64;
  int depth = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') is_quoted = !is_quoted;
    if (is_quoted && c == '\\') ++i;
    if (!is_quoted) depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    if (depth > deepest) throw Error("the header is nested too deeply");
  }
  return Json::parse(text);
}

class Reader {
 public:
  explicit Reader(ObjectHeap& heap) : heap_(heap) {}

  const Object* text(const std::string& value) { return make({Object::Text{value}}); }
  const Object* make(Object object) { return &heap_.emplace_back(std::move(object)); }
  const Object* plain(const Json& json) {
    switch (json.type()) {
      case Json::value_t::boolean: return make({json.get<bool>()});
      case Json::value_t::number_integer:
      case Json::value_t::number_unsigned:
        if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) break;
        return make({json.get<std::int64_t>()});
      case Json::value_t::number_float: return make({json.get<double>()});
      case Json::value_t::string: return text(json.get<std::string>());
      case Json::value_t::array: {
        Object::List list;
        for (const Json& element : json) list.elements.push_back(plain(element));
        return make({std::move(list)});
      }
      case Json::value_t::object: {
        Object::Dict dict;
        for (const auto& [key, value] : json.items()) dict.items.emplace_back(text(key), plain(value));
        return make({std::move(dict)});
      }
      default: return make({});
    }
    return make({json.get<double>()});
  }
  /// The metadata are texts. Where there is a `meta` that is JSON, as our writer makes it, that is the checkpoint's.
  const Object* meta(const Json& header) {
    Object::Dict dict;
    if (!header.contains("__metadata__")) return make({std::move(dict)});
    for (const auto& [key, value] : header["__metadata__"].items()) {
      const auto written = value.get<std::string>();
      if (key == "meta" && written.starts_with('{') && Json::accept(written)) return plain(parse_json(written));
      dict.items.emplace_back(text(key), text(written));
    }
    return make({std::move(dict)});
  }

 private:
  ObjectHeap& heap_;
};

}  // namespace

bool is_safetensors(std::span<const std::byte> file) {
  if (file.size() < 10) return false;
  const auto length = ByteReader(file).number<std::uint64_t>();
  return length >= 2 && length <= file.size() - 8 && static_cast<char>(file[8]) == '{';
}

CheckpointContent read_safetensors(std::span<const std::byte> file) {
  ByteReader in(file);
  const auto length = in.number<std::uint64_t>();
  if (length > checkpoint_limits::json_bytes)
    throw Error("the header is larger than " + std::to_string(checkpoint_limits::json_bytes) + " bytes");
  CheckpointContent content;
  Reader objects(content.heap);
  auto storages = std::make_unique<SafetensorsStorages>();
  Object::Dict state;
  state.is_ordered = true;
  try {
    const Json header = parse_json(in.text(length));
    const auto data = file.subspan(in.position());
    std::vector<Range> ranges;
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      try {
        const Range range = data_range(entry, data.size());
        state.items.emplace_back(objects.text(name), objects.make({tensor_of(name, entry, range)}));
        storages->add(name, data.subspan(static_cast<std::size_t>(range.begin), static_cast<std::size_t>(range.end - range.begin)));
        if (range.begin != range.end) ranges.push_back(range);
      } catch (Error& error) {
        throw std::move(error.note("the tensor '" + name + "'"));
      }
    }
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
    for (std::size_t i = 1; i < ranges.size(); ++i) {
      if (ranges[i - 1].end > ranges[i].begin) throw Error("two tensors share bytes");
    }
    Object::Dict root;
    root.items.emplace_back(objects.text("meta"), objects.meta(header));
    root.items.emplace_back(objects.text("state_dict"), objects.make({std::move(state)}));
    content.root = objects.make({std::move(root)});
  } catch (const nlohmann::json::exception& error) {
    throw Error(std::string("the header of the safetensors file is malformed: ") + error.what());
  }
  content.storages = std::move(storages);
  return content;
}

}  // namespace detforge
