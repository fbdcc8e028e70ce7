#include "detforge/checkpoint/pickle_writer.h"
#include "detforge/checkpoint/write.h"
#include "detforge/checkpoint/zip_writer.h"

namespace detforge {

WriteReport write_torch_zip(const Object& root, Storages& storages, const Sink& sink) {
  PickleWriter pickle(storages, PickleWriter::Ids::Zip);
  ZipWriter archive(sink);
  archive.add("archive/data.pkl", pickle.write(root));
  archive.add("archive/byteorder", "little");
  for (std::size_t i = 0; i < pickle.storages().size(); ++i) {
    const auto bytes = storages.bytes(pickle.storages()[i]);
    // Untyped storages may end within an element, which no tensor can reach.
    const std::size_t item = item_size(storages.dtype(pickle.storages()[i]));
    archive.add("archive/data/" + std::to_string(i), bytes.first(bytes.size() / item * item));
  }
  archive.add("archive/version", "3\n");
  archive.finish();
  return {pickle.simplified(), {}};
}

}  // namespace detforge
