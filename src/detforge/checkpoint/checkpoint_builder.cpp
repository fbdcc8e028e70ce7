#include <stdexcept>

#include "detforge/checkpoint/write.h"

namespace detforge {

/// Bytes that a program keeps; a storage's key is its place in the list.
class CheckpointBuilder::Given : public Storages {
 public:
  std::uint64_t size(const StorageReference& storage) const override { return find(storage).size(); }
  std::span<const std::byte> bytes(const StorageReference& storage) override { return find(storage); }
  std::string add(std::span<const std::byte> bytes) {
    all_.push_back(bytes);
    return std::to_string(all_.size() - 1);
  }

 private:
  std::span<const std::byte> find(const StorageReference& storage) const { return all_.at(std::stoull(storage.key)); }

  std::vector<std::span<const std::byte>> all_;
};

CheckpointBuilder::CheckpointBuilder() : storages_(std::make_unique<Given>()) {}
CheckpointBuilder::~CheckpointBuilder() = default;

const Object* CheckpointBuilder::make(Object object) { return &heap_.emplace_back(std::move(object)); }

const Object* CheckpointBuilder::value(const Value& value) {
  const auto elements = [&] {
    std::vector<const Object*> all;
    for (const Value& element : value.elements()) all.push_back(this->value(element));
    return all;
  };
  switch (value.kind()) {
    case Value::Kind::None: break;
    case Value::Kind::Bool: return make({value.as_bool()});
    case Value::Kind::Int: return make({value.as_int()});
    case Value::Kind::Float: return make({value.as_double()});
    case Value::Kind::String: return make({Object::Text{value.as_string()}});
    case Value::Kind::Bytes: return make({Object::Bytes{value.as_bytes()}});
    case Value::Kind::List: return make({Object::List{elements()}});
    case Value::Kind::Tuple: return make({Object::Tuple{elements()}});
    case Value::Kind::Set: return make({Object::Set{elements()}});
    case Value::Kind::Dict: {
      Object::Dict dict;
      for (const auto& [key, item] : value.as_dict()) dict.items.emplace_back(this->value(key), this->value(item));
      return make({std::move(dict)});
    }
  }
  return make({});
}

const Object* CheckpointBuilder::list(std::vector<const Object*> elements) { return make({Object::List{std::move(elements)}}); }

const Object* CheckpointBuilder::dict(const std::vector<std::pair<Value, const Object*>>& items) {
  Object::Dict dict;
  for (const auto& [key, item] : items) dict.items.emplace_back(value(key), item);
  return make({std::move(dict)});
}

const Object* CheckpointBuilder::ordered_dict(const std::vector<std::pair<std::string, const Object*>>& items) {
  Object::Dict dict;
  dict.is_ordered = true;
  for (const auto& [key, item] : items) dict.items.emplace_back(value(key), item);
  return make({std::move(dict)});
}

const Object* CheckpointBuilder::tensor(DType dtype, std::vector<std::int64_t> shape, std::span<const std::byte> bytes) {
  TensorReference tensor;
  tensor.stride = contiguous_stride(shape);
  tensor.shape = std::move(shape);
  tensor.storage = {storages_->add(bytes), dtype, static_cast<std::int64_t>(bytes.size() / item_size(dtype)), 0};
  check_bounds(tensor, *storages_);
  return make({std::move(tensor)});
}

Storages& CheckpointBuilder::storages() { return *storages_; }

}  // namespace detforge
