#include "detforge/checkpoint/state_dict.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>

#include "detforge/base/error.h"
#include "detforge/checkpoint/checkpoint_limits.h"

namespace detforge {
namespace {

using Items = std::vector<std::pair<const Object*, const Object*>>;

const Items* items_of(const Object& object) {
  if (const auto* dict = object.get<Object::Dict>()) return &dict->items;
  if (const auto* record = object.get<Record>(); record != nullptr && !record->items.empty()) return &record->items;
  return nullptr;
}

bool holds_tensors(const Object& dict) {
  return std::any_of(items_of(dict)->begin(), items_of(dict)->end(),
                     [](const auto& item) { return item.second->template get<TensorReference>() != nullptr; });
}

/// Where a dict of tensors was found, by the keys that lead there.
struct NestedDict {
  std::string key;
  const Object* dict;
};

/// The dicts of tensors below `dict`; an optimizer's are none of a model.
void collect_nested(const Object& dict, const std::string& path, int depth, std::vector<NestedDict>& found) {
  constexpr int deepest = 4;
  if (depth > deepest) return;
  for (const auto& [key, value] : *items_of(dict)) {
    const std::string* name = key->text();
    if (name == nullptr || name->starts_with("optim") || items_of(*value) == nullptr) continue;
    const std::string here = path.empty() ? *name : path + "." + *name;
    if (holds_tensors(*value)) {
      found.push_back({here, value});
    } else {
      collect_nested(*value, here, depth + 1, found);
    }
  }
}

/// The one dict of tensors below, beside which averages (`ema`) do not count; null where there is none. Throws `Error` where there are
/// more.
const Object* only_nested_state_dict(const Object& dict) {
  std::vector<NestedDict> found;
  collect_nested(dict, "", 1, found);
  if (found.size() > 1) {
    std::vector<NestedDict> plain;
    std::copy_if(found.begin(), found.end(), std::back_inserter(plain),
                 [](const NestedDict& one) { return one.key.find("ema") == std::string::npos; });
    if (!plain.empty()) found = std::move(plain);
  }
  if (found.empty()) return nullptr;
  if (found.size() == 1) return found.front().dict;
  std::string keys;
  for (const NestedDict& one : found) keys += (keys.empty() ? "'" : ", '") + one.key + "'";
  throw Error("the file holds " + std::to_string(found.size()) + " dicts of tensors: " + keys)
      .help("save the one that is meant: torch.save({'state_dict': …}, 'new.pth')");
}

/// A `torch.nn.Module` that was saved as it is.
bool is_module(const Object& object) {
  const auto* record = object.get<Record>();
  return record != nullptr && record->state != nullptr && record->state->find("_parameters") != nullptr;
}

/// Why there is no dict of tensors.
Error no_state_dict(const Object& object) {
  if (!is_module(object)) return Error("the file holds no state_dict");
  return Error("the file holds a whole module, '" + object.get<Record>()->type + "', of which only its class' name is known")
      .help("save its weights: torch.save(model.state_dict(), 'new.pth')");
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

/// Whether the elements lie one after the other in C order; the stride of a dimension of one element does not matter.
bool is_contiguous(const TensorReference& tensor) {
  std::int64_t step = 1;
  for (std::size_t i = tensor.shape.size(); i-- > 0; step *= tensor.shape[i]) {
    if (tensor.shape[i] != 1 && tensor.stride[i] != step) return false;
  }
  return true;
}

}  // namespace

std::int64_t TensorView::numel() const {
  std::int64_t count = 1;
  for (const std::int64_t size : tensor.shape) count *= size;
  return count;
}

const Object& find_state_dict(const Object& root) {
  const Object* found = root.find("state_dict");
  if (found == nullptr) {
    const Object* model = root.find("model");
    found = model != nullptr && (items_of(*model) != nullptr || is_module(*model)) ? model : &root;
  }
  if (items_of(*found) == nullptr) throw no_state_dict(*found);
  if (!items_of(*found)->empty() && !holds_tensors(*found)) {
    if (const Object* nested = only_nested_state_dict(*found)) return *nested;
  }
  return *found;
}

std::vector<TensorView> state_dict_of(const Object& root, const Storages& storages) {
  std::vector<TensorView> tensors;
  for (const auto& [key, value] : *items_of(find_state_dict(root))) {
    const std::string* name = key->text();
    const auto* tensor = value->get<TensorReference>();
    if (name == nullptr || tensor == nullptr) continue;
    constexpr std::string_view prefix = "module.";
    tensors.push_back({name->starts_with(prefix) ? name->substr(prefix.size()) : *name, *tensor});
    try {
      check_bounds(*tensor, storages);
    } catch (Error& error) {
      throw std::move(error.note("the tensor '" + *name + "'"));
    }
  }
  return tensors;
}

void check_bounds(const TensorReference& tensor, const Storages& storages) {
  const std::uint64_t item = item_size(storages.dtype(tensor.storage)), storage_bytes = storages.size(tensor.storage);
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

ContiguousBytes contiguous_bytes(const TensorReference& tensor, Storages& storages) {
  check_bounds(tensor, storages);
  const std::size_t item = item_size(storages.dtype(tensor.storage));
  const auto storage = storages.bytes(tensor.storage);
  std::uint64_t count = 1;
  for (const std::int64_t size : tensor.shape) count *= static_cast<std::uint64_t>(size);
  // Strides of zero let a few bytes stand for any number of elements.
  const std::uint64_t largest = std::max<std::uint64_t>(storage.size(), checkpoint_limits::expanded_bytes);
  if (count > largest / item) throw Error("the tensor repeats its elements to " + std::to_string(count) + " of them");
  const std::size_t size = static_cast<std::size_t>(count) * item;
  if (size == 0) return ContiguousBytes({});
  const auto first = static_cast<std::size_t>(tensor.offset + tensor.storage.view_offset) * item;
  if (is_contiguous(tensor)) return ContiguousBytes(storage.subspan(first, size));
  auto bytes = std::make_unique_for_overwrite<std::byte[]>(size);
  std::byte* target = bytes.get();
  gather(storage.data() + first, tensor, 0, item, target);
  return {std::move(bytes), size};
}

}  // namespace detforge
