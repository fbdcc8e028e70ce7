#include <algorithm>
#include <array>
#include <map>

#include "detforge/base/error.h"
#include "detforge/checkpoint/byte_reader.h"
#include "detforge/checkpoint/pickle.h"
#include "detforge/checkpoint/storages.h"
#include "detforge/checkpoint/torch_legacy.h"

namespace detforge {
namespace {

class LegacyStorages : public Storages {
 public:
  explicit LegacyStorages(std::map<std::string, std::span<const std::byte>> bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size(const StorageReference& storage) const override { return find(storage).size(); }
  std::span<const std::byte> bytes(const StorageReference& storage) override { return find(storage); }

 private:
  std::span<const std::byte> find(const StorageReference& storage) const {
    const auto found = bytes_.find(storage.key);
    if (found == bytes_.end()) throw Error("the file has no storage '" + storage.key + "'");
    return found->second;
  }

  std::map<std::string, std::span<const std::byte>> bytes_;
};

/// The element type of every storage that the objects name. Throws `Error` where two disagree.
std::map<std::string, DType> storage_types(const ObjectHeap& heap) {
  std::map<std::string, DType> types;
  for (const Object& object : heap) {
    const auto* storage = object.get<StorageReference>();
    if (storage == nullptr) continue;
    const auto [entry, added] = types.emplace(storage->key, storage->dtype);
    if (!added && entry->second != storage->dtype) throw Error("the storage '" + storage->key + "' has two types");
  }
  return types;
}

std::vector<std::string> storage_keys(const Object& object) {
  const auto* list = object.get<Object::List>();
  if (list == nullptr) throw Error("the list of storages is no list");
  std::vector<std::string> keys;
  for (const Object* element : list->elements) {
    if (element->text() == nullptr) throw Error("a storage's key is no text");
    keys.push_back(*element->text());
  }
  return keys;
}

}  // namespace

bool is_torch_legacy(std::span<const std::byte> file) {
  return file.size() >= torch_legacy::magic.size() &&
         std::equal(torch_legacy::magic.begin(), torch_legacy::magic.end(), file.begin(),
                    [](unsigned char wanted, std::byte byte) { return std::byte{wanted} == byte; });
}

CheckpointContent read_torch_legacy(std::span<const std::byte> file) {
  CheckpointContent content;
  const Pickle version = read_pickle(file, torch_legacy::magic.size(), content.heap);
  const auto* number = version.root->get<std::int64_t>();
  if (number == nullptr || *number != torch_legacy::protocol_version) throw Error("the legacy format's protocol is not 1001");
  const Pickle system = read_pickle(file, version.end, content.heap);
  const Object* order = system.root->find("little_endian");
  if (order != nullptr && order->get<bool>() != nullptr && !*order->get<bool>())
    throw Error("the file was written on a big-endian machine");
  Pickle object = read_pickle(file, system.end, content.heap);
  const std::map<std::string, DType> types = storage_types(content.heap);
  const Pickle keys = read_pickle(file, object.end, content.heap);
  ByteReader in(file, keys.end);
  std::map<std::string, std::span<const std::byte>> storages;
  for (const std::string& key : storage_keys(*keys.root)) {
    const auto type = types.find(key);
    if (type == types.end()) throw Error("the file has a storage '" + key + "' that nothing uses");
    const auto numel = in.number<std::int64_t>();
    const auto item = static_cast<std::int64_t>(item_size(type->second));
    if (numel < 0 || numel > static_cast<std::int64_t>(in.left()) / item) throw Error("the storage '" + key + "' is longer than the file");
    if (!storages.emplace(key, in.take(static_cast<std::uint64_t>(numel * item))).second)
      throw Error("the file has the storage '" + key + "' twice");
  }
  content.root = object.root;
  content.globals = std::move(object.globals);
  content.storages = std::make_unique<LegacyStorages>(std::move(storages));
  return content;
}

}  // namespace detforge
