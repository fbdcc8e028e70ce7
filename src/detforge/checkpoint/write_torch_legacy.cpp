#include "detforge/checkpoint/append_number.h"
#include "detforge/checkpoint/pickle_writer.h"
#include "detforge/checkpoint/torch_legacy.h"
#include "detforge/checkpoint/write.h"

namespace detforge {
namespace {

std::string pickle_of(const Value& value) {
  CheckpointBuilder builder;
  return PickleWriter(builder.storages(), PickleWriter::Ids::Legacy).write(*builder.value(value));
}

}  // namespace

WriteReport write_torch_legacy(const Object& root, Storages& storages, const Sink& sink) {
  PickleWriter pickle(storages, PickleWriter::Ids::Legacy);
  const std::string object = pickle.write(root);
  sink({reinterpret_cast<const char*>(torch_legacy::magic.data()), torch_legacy::magic.size()});
  sink(pickle_of(torch_legacy::protocol_version));
  sink(pickle_of(Value::dict({{"protocol_version", torch_legacy::protocol_version},
                              {"little_endian", true},
                              {"type_sizes", Value::dict({{"short", 2}, {"int", 4}, {"long", 4}})}})));
  sink(object);
  Value keys = Value::list();
  for (std::size_t i = 0; i < pickle.storages().size(); ++i) keys.push_back(std::to_string(i));
  sink(pickle_of(keys));
  for (const StorageReference& storage : pickle.storages()) {
    const auto bytes = storages.bytes(storage);
    const std::size_t item = item_size(storages.dtype(storage));
    const std::size_t numel = bytes.size() / item;
    std::string count;
    append_number(count, static_cast<std::int64_t>(numel));
    sink(count);
    sink({reinterpret_cast<const char*>(bytes.data()), numel * item});
  }
  return {pickle.simplified(), {}};
}

}  // namespace detforge
