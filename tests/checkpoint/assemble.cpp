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

std::string zip(const std::vector<std::pair<std::string, std::string>>& members, const ZipForm& form) {
  constexpr std::uint32_t in_64_bits = 0xFFFFFFFF;
  std::string archive, directory;
  for (const auto& [name, data] : members) {
    const auto crc = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
    const std::uint64_t wide = data.size(), at = archive.size();
    const auto size = static_cast<std::uint32_t>(wide);
    const std::uint16_t flags = form.descriptor == Descriptor::None ? 0 : 8;
    const std::string sizes = little_endian(form.is_zip64 ? in_64_bits : size),
                      name_size = little_endian(static_cast<std::uint16_t>(name.size()));
    const std::string common = little_endian(flags) + std::string(6, '\0') + little_endian(crc) + sizes + sizes + name_size;
    const auto extra = [&](const std::string& values) {
      return form.is_zip64 ? little_endian(std::uint16_t{1}) + little_endian(static_cast<std::uint16_t>(values.size())) + values : "";
    };
    const std::string local_extra = extra(little_endian(wide) + little_endian(wide));
    const std::string central_extra = extra(little_endian(wide) + little_endian(wide) + little_endian(at));
    directory += "PK\x01\x02" + little_endian(std::uint32_t{0x00140014}) + common +
                 little_endian(static_cast<std::uint16_t>(central_extra.size())) + std::string(10, '\0') +
                 little_endian(form.is_zip64 ? in_64_bits : static_cast<std::uint32_t>(at)) + name + central_extra;
    archive += "PK\x03\x04" + little_endian(std::uint16_t{20}) + common + little_endian(static_cast<std::uint16_t>(local_extra.size())) +
               name + local_extra + data;
    if (form.descriptor == Descriptor::Signed || form.descriptor == Descriptor::Wide) archive += "PK\x07\x08";
    if (form.descriptor == Descriptor::Wide) {
      archive += little_endian(crc) + little_endian(wide) + little_endian(wide);
    } else if (form.descriptor != Descriptor::None) {
      archive += little_endian(crc) + little_endian(size) + little_endian(size);
    }
  }
  const std::uint64_t count = members.size(), at = archive.size(), size = directory.size();
  archive += directory;
  if (form.is_zip64) {
    const std::uint64_t end_at = archive.size();
    archive += "PK\x06\x06" + little_endian(std::uint64_t{44}) + std::string(12, '\0') + little_endian(count) + little_endian(count) +
               little_endian(size) + little_endian(at);
    archive += "PK\x06\x07" + std::string(4, '\0') + little_endian(end_at) + little_endian(std::uint32_t{1});
    return archive + "PK\x05\x06" + std::string(4, '\0') + std::string(12, '\xff') + std::string(2, '\0');
  }
  const std::string count_16 = little_endian(static_cast<std::uint16_t>(count));
  return archive + "PK\x05\x06" + std::string(4, '\0') + count_16 + count_16 + little_endian(static_cast<std::uint32_t>(size)) +
         little_endian(static_cast<std::uint32_t>(at)) + std::string(2, '\0');
}

std::string torch_zip(const std::string& fragment, const std::vector<std::pair<std::string, std::string>>& storages) {
  std::vector<std::pair<std::string, std::string>> members = {{"archive/data.pkl", pickle(fragment)}};
  for (const auto& [key, bytes] : storages) members.emplace_back("archive/data/" + key, bytes);
  members.emplace_back("archive/version", "3\n");
  return zip(members);
}

}  // namespace detforge::testing_support
