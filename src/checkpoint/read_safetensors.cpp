#include <algorithm>
#include <nlohmann/json.hpp>

#include "detforge/base/error.h"
#include "detforge/checkpoint/byte_reader.h"
#include "detforge/checkpoint/limits.h"
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
  tensor.stride.resize(tensor.shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = tensor.shape.size(); i-- > 0;) {
    tensor.stride[i] = stride;
    stride *= std::max<std::int64_t>(tensor.shape[i], 1);
  }
  tensor.storage = {name, *dtype, static_cast<std::int64_t>(numel), 0};
  return tensor;
}

/// JSON's own limit on nesting, before the parser sees it.
Json parse_header(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    if (depth > 64) throw Error("the header is nested too deeply");
  }
  return Json::parse(text);
}

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
  auto storages = std::make_unique<SafetensorsStorages>();
  Object::Dict state;
  const auto text = [&](const std::string& value) { return &content.heap.emplace_back(Object{Object::Text{value}}); };
  try {
    const Json header = parse_header(in.text(length));
    const auto data = file.subspan(in.position());
    std::vector<Range> ranges;
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      try {
        const Range range = data_range(entry, data.size());
        state.items.emplace_back(text(name), &content.heap.emplace_back(Object{tensor_of(name, entry, range)}));
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
    Object::Dict root, meta;
    if (header.contains("__metadata__")) {
      for (const auto& [key, value] : header["__metadata__"].items()) meta.items.emplace_back(text(key), text(value.get<std::string>()));
    }
    root.items.emplace_back(text("meta"), &content.heap.emplace_back(Object{std::move(meta)}));
    root.items.emplace_back(text("state_dict"), &content.heap.emplace_back(Object{std::move(state)}));
    content.root = &content.heap.emplace_back(Object{std::move(root)});
  } catch (const nlohmann::json::exception& error) {
    throw Error(std::string("the header of the safetensors file is malformed: ") + error.what());
  }
  content.storages = std::move(storages);
  return content;
}

}  // namespace detforge
