#include "detforge/base/error.h"
#include "detforge/checkpoint/checkpoint_limits.h"
#include "detforge/checkpoint/pickle.h"
#include "detforge/checkpoint/storages.h"
#include "detforge/checkpoint/zip_reader.h"

namespace detforge {
namespace {

class ZipStorages : public Storages {
 public:
  ZipStorages(std::unique_ptr<ZipReader> archive, std::string folder) : archive_(std::move(archive)), folder_(std::move(folder)) {}
  std::uint64_t size(const StorageReference& storage) const override { return member(storage).size; }
  std::span<const std::byte> bytes(const StorageReference& storage) override { return archive_->read(member(storage)); }

 private:
  const ZipReader::Member& member(const StorageReference& storage) const {
    const auto* found = archive_->find(folder_ + "/data/" + storage.key);
    if (found == nullptr) throw Error("the archive has no storage '" + storage.key + "'");
    return *found;
  }

  std::unique_ptr<ZipReader> archive_;
  std::string folder_;
};

Error torch_script() {
  return Error("this is a TorchScript archive, not a checkpoint")
      .help("save the weights: torch.save(torch.jit.load('model.pt').state_dict(), 'new.pth')");
}

/// What an archive without a data.pkl is.
Error foreign_archive(const ZipReader& archive) {
  if (archive.find("constants.pkl") != nullptr) return torch_script();
  for (const auto& member : archive.members()) {
    if (member.name.ends_with(".npy")) return Error("this is an archive of NumPy's arrays, not a checkpoint of torch.save");
    for (const char* ending : {".pth", ".pt", ".ckpt", ".safetensors"}) {
      if (member.name.ends_with(ending)) {
        return Error("this is an archive with the checkpoint '" + member.name + "' in it")
            .help("unzip it, and give the file that comes out");
      }
    }
  }
  return Error("the archive has no data.pkl: it is no checkpoint of torch.save");
}

/// `archive` of the only `archive/data.pkl`.
std::string folder_of(const ZipReader& archive) {
  std::string folder;
  bool found = false;
  for (const auto& member : archive.members()) {
    const auto slash = member.name.find('/');
    if (slash == std::string::npos || member.name.substr(slash) != "/data.pkl") continue;
    if (found) throw Error("the archive has more than one data.pkl");
    folder = member.name.substr(0, slash);
    found = true;
  }
  if (!found) throw foreign_archive(archive);
  if (archive.find(folder + "/constants.pkl") != nullptr) throw torch_script();
  return folder;
}

}  // namespace

CheckpointContent read_torch_zip(std::span<const std::byte> file) {
  auto archive = std::make_unique<ZipReader>(file);
  const std::string folder = folder_of(*archive);
  if (const auto* order = archive->find(folder + "/byteorder")) {
    const auto bytes = archive->read(*order);
    if (std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()) != "little") {
      throw Error("the file was written on a big-endian machine");
    }
  }
  const auto& pickled = *archive->find(folder + "/data.pkl");
  if (pickled.size > checkpoint_limits::pickle_bytes)
    throw Error("the pickle is larger than " + std::to_string(checkpoint_limits::pickle_bytes) + " bytes");
  CheckpointContent content;
  Pickle pickle = read_pickle(archive->read(pickled), 0, content.heap);
  content.root = pickle.root;
  content.globals = std::move(pickle.globals);
  content.storages = std::make_unique<ZipStorages>(std::move(archive), folder);
  return content;
}

}  // namespace detforge
