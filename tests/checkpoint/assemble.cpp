#include "tests/checkpoint/assemble.h"

#include <zlib.h>

namespace detforge::testing_support {
namespace {

std::string pickled_ints(const std::vector<std::uint32_t>& values) {
  std::string text = "(";
  for (const std::uint32_t value : values) text += "J" + little_endian(value);
  return text + "t";
}

}  // namespace

std::string pickled_text(const std::string& text) { return "X" + little_endian(static_cast<std::uint32_t>(text.size())) + text; }

std::string pickled_global(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }

std::string pickled_storage(const std::string& type, const std::string& key, std::uint8_t numel) {
  return "(" + pickled_text("storage") + pickled_global("torch", type) + pickled_text(key) + pickled_text("cpu") + "K" +
         little_endian(numel) + "tQ";
}

std::string pickled_tensor(const std::string& storage, std::uint8_t offset, const std::vector<std::uint32_t>& shape,
                           const std::vector<std::uint32_t>& stride) {
  return pickled_global("torch._utils", "_rebuild_tensor_v2") + "(" + storage + "K" + little_endian(offset) + pickled_ints(shape) +
         pickled_ints(stride) + "\x89" + pickled_global("collections", "OrderedDict") + ")RtR";
}

std::string pickled_dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string text = "}(";
  for (const auto& [key, value] : items) text += pickled_text(key) + value;
  return text + "u";
}

std::string pickle(const std::string& fragment) { return "\x80\x02" + fragment + "."; }

std::string zip(const std::vector<std::pair<std::string, std::string>>& members, Descriptor descriptor) {
  std::string archive, directory;
  for (const auto& [name, data] : members) {
    const auto crc = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
    const auto size = static_cast<std::uint32_t>(data.size());
    const auto name_size = static_cast<std::uint16_t>(name.size());
    const std::uint16_t flags = descriptor == Descriptor::None ? 0 : 8;
    const std::string common = little_endian(flags) + little_endian(std::uint16_t{0}) + little_endian(std::uint32_t{0}) +
                               little_endian(crc) + little_endian(size) + little_endian(size) + little_endian(name_size) +
                               little_endian(std::uint16_t{0});
    directory += "PK\x01\x02" + little_endian(std::uint32_t{0x00140014}) + common + little_endian(std::uint16_t{0}) +
                 little_endian(std::uint16_t{0}) + little_endian(std::uint16_t{0}) + little_endian(std::uint32_t{0}) +
                 little_endian(static_cast<std::uint32_t>(archive.size())) + name;
    archive += "PK\x03\x04" + little_endian(std::uint16_t{20}) + common + name + data;
    if (descriptor == Descriptor::Signed || descriptor == Descriptor::Wide) archive += "PK\x07\x08";
    if (descriptor == Descriptor::Wide) {
      archive += little_endian(crc) + little_endian(std::uint64_t{size}) + little_endian(std::uint64_t{size});
    } else if (descriptor != Descriptor::None) {
      archive += little_endian(crc) + little_endian(size) + little_endian(size);
    }
  }
  const auto count = static_cast<std::uint16_t>(members.size());
  const auto at = static_cast<std::uint32_t>(archive.size()), size = static_cast<std::uint32_t>(directory.size());
  return archive + directory + "PK\x05\x06" + little_endian(std::uint32_t{0}) + little_endian(count) + little_endian(count) +
         little_endian(size) + little_endian(at) + little_endian(std::uint16_t{0});
}

std::string torch_zip(const std::string& fragment, const std::vector<std::pair<std::string, std::string>>& storages) {
  std::vector<std::pair<std::string, std::string>> members = {{"archive/data.pkl", pickle(fragment)}};
  for (const auto& [key, bytes] : storages) members.emplace_back("archive/data/" + key, bytes);
  members.emplace_back("archive/version", "3\n");
  return zip(members);
}

}  // namespace detforge::testing_support
