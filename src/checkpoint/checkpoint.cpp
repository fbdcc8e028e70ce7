#include "detforge/checkpoint/checkpoint.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "detforge/base/error.h"
#include "detforge/base/mapped_file.h"
#include "detforge/checkpoint/limits.h"
#include "detforge/checkpoint/storages.h"

namespace detforge {

struct Checkpoint::Impl {
  std::optional<MappedFile> file;
  std::string name;
  Format format = Format::Zip;
  CheckpointContent content;
};

namespace {

using Items = std::vector<std::pair<const Object*, const Object*>>;

const Items* items_of(const Object& object) {
  if (const auto* dict = object.get<Object::Dict>()) return &dict->items;
  if (const auto* record = object.get<Record>(); record != nullptr && !record->items.empty()) return &record->items;
  return nullptr;
}

std::vector<std::string> texts_of(const Object* object) {
  std::vector<std::string> texts;
  if (object == nullptr) return texts;
  const auto* list = object->get<Object::List>();
  const auto* tuple = object->get<Object::Tuple>();
  if (list == nullptr && tuple == nullptr) {
    // A set of one class is sometimes written as the bare name.
    if (object->text() != nullptr) texts.push_back(*object->text());
    return texts;
  }
  for (const Object* element : list != nullptr ? list->elements : tuple->elements) {
    if (element->text() != nullptr) texts.push_back(*element->text());
  }
  return texts;
}

/// Copies a strided tensor row by row, the last dimension at once where its elements lie together.
void gather(const std::byte* source, const TensorReference& tensor, std::size_t dimension, std::size_t item, std::byte*& target) {
  if (dimension == tensor.shape.size()) {
    std::memcpy(target, source, item);
    target += item;
    return;
  }
  const auto count = static_cast<std::size_t>(tensor.shape[dimension]);
  const auto step = static_cast<std::size_t>(tensor.stride[dimension]) * item;
  if (dimension + 1 == tensor.shape.size() && step == item) {
    std::memcpy(target, source, count * item);
    target += count * item;
    return;
  }
  for (std::size_t i = 0; i < count; ++i) gather(source + i * step, tensor, dimension + 1, item, target);
}

}  // namespace

std::int64_t TensorView::numel() const {
  std::int64_t count = 1;
  for (const std::int64_t size : tensor.shape) count *= size;
  return count;
}

void check_bounds(const TensorReference& tensor, std::uint64_t storage_bytes) {
  const std::uint64_t item = item_size(tensor.storage.dtype);
  const auto overflow = [] { return Error("the tensor's sizes are impossible"); };
  std::uint64_t last = 0, numel = 1, bytes = 0;
  if (__builtin_add_overflow(static_cast<std::uint64_t>(tensor.offset), static_cast<std::uint64_t>(tensor.storage.view_offset), &last))
    throw overflow();
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    const auto size = static_cast<std::uint64_t>(tensor.shape[i]);
    if (__builtin_mul_overflow(numel, size, &numel)) throw overflow();
    std::uint64_t reach = 0;
    if (size != 0 && (__builtin_mul_overflow(size - 1, static_cast<std::uint64_t>(tensor.stride[i]), &reach) ||
                      __builtin_add_overflow(last, reach, &last))) {
      throw overflow();
    }
  }
  if (numel > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / item) throw overflow();
  if (numel == 0) return;
  if (__builtin_add_overflow(last, std::uint64_t{1}, &last) || __builtin_mul_overflow(last, item, &bytes)) throw overflow();
  if (bytes > storage_bytes) {
    throw Error("the tensor reaches beyond its storage: " + std::to_string(bytes) + " bytes of " + std::to_string(storage_bytes));
  }
}

Checkpoint::Checkpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

Checkpoint Checkpoint::read(const std::filesystem::path& path) {
  MappedFile file(path);
  Checkpoint checkpoint = from_bytes(file.bytes(), path.string());
  checkpoint.impl_->file = std::move(file);
  return checkpoint;
}

Checkpoint Checkpoint::from_bytes(std::span<const std::byte> bytes, const std::string& name) {
  auto impl = std::make_unique<Impl>();
  impl->name = name;
  try {
    if (bytes.empty()) throw Error("the file is empty");
    if (is_zip(bytes)) {
      impl->content = read_torch_zip(bytes);
    } else if (is_torch_legacy(bytes)) {
      impl->format = Format::Legacy;
      impl->content = read_torch_legacy(bytes);
    } else if (is_safetensors(bytes)) {
      impl->format = Format::Safetensors;
      impl->content = read_safetensors(bytes);
    } else {
      throw Error("this is no checkpoint: neither torch's formats nor safetensors begin so");
    }
  } catch (Error& error) {
    throw std::move(error.at(name));
  }
  return Checkpoint(std::move(impl));
}

Checkpoint::Format Checkpoint::format() const { return impl_->format; }
const Object& Checkpoint::root() const { return *impl_->content.root; }
const std::set<std::string>& Checkpoint::globals() const { return impl_->content.globals; }

std::vector<TensorView> Checkpoint::state_dict() const {
  const Object* nested = root().find("state_dict");
  const Items* items = items_of(nested != nullptr ? *nested : root());
  if (items == nullptr) throw Error("the file holds no state_dict").at(impl_->name);
  std::vector<TensorView> tensors;
  for (const auto& [key, value] : *items) {
    const std::string* name = key->text();
    const auto* tensor = value->get<TensorReference>();
    if (name == nullptr || tensor == nullptr) continue;
    constexpr std::string_view prefix = "module.";
    tensors.push_back({name->starts_with(prefix) ? name->substr(prefix.size()) : *name, *tensor});
    try {
      check_bounds(*tensor, impl_->content.storages->size(tensor->storage));
    } catch (Error& error) {
      throw std::move(error.note("the tensor '" + *name + "'").at(impl_->name));
    }
  }
  return tensors;
}

std::vector<std::string> Checkpoint::classes() const {
  const Object* meta = root().find("meta");
  if (meta == nullptr) return {};
  if (const Object* dataset = meta->find("dataset_meta")) {
    const Object* upper = dataset->find("CLASSES");
    return texts_of(upper != nullptr ? upper : dataset->find("classes"));
  }
  return texts_of(meta->find("CLASSES"));
}

std::vector<std::byte> Checkpoint::contiguous_bytes(const TensorView& view) const {
  try {
    const TensorReference& tensor = view.tensor;
    const std::size_t item = item_size(tensor.storage.dtype);
    const auto storage = impl_->content.storages->bytes(tensor.storage);
    check_bounds(tensor, storage.size());
    const auto count = static_cast<std::uint64_t>(view.numel());
    // Strides of zero let a few bytes stand for any number of elements.
    const std::uint64_t largest = std::max<std::uint64_t>(storage.size(), checkpoint_limits::expanded_bytes);
    if (count > largest / item) throw Error("the tensor repeats its elements to " + std::to_string(count) + " of them");
    std::vector<std::byte> bytes(static_cast<std::size_t>(count) * item);
    std::byte* target = bytes.data();
    const auto first = static_cast<std::size_t>(tensor.offset + tensor.storage.view_offset) * item;
    if (count != 0) gather(storage.data() + first, tensor, 0, item, target);
    return bytes;
  } catch (Error& error) {
    throw std::move(error.note("the tensor '" + view.name + "'").at(impl_->name));
  }
}

}  // namespace detforge
