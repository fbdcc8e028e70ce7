#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// Checkpoint files made by hand, well-formed or not.
namespace detforge::testing_support {

/// Pickle fragments of protocol 2.
std::string pickled_text(const std::string& text);
std::string pickled_global(const std::string& module, const std::string& name);
/// A persistent id of a storage: ('storage', torch.<type>, key, 'cpu', numel).
std::string pickled_storage(const std::string& type, const std::string& key, std::uint8_t numel);
/// A call of _rebuild_tensor_v2 over it.
std::string pickled_tensor(const std::string& storage, std::uint8_t offset, const std::vector<std::uint32_t>& shape,
                           const std::vector<std::uint32_t>& stride);
/// A dict of texts to fragments.
std::string pickled_dict(const std::vector<std::pair<std::string, std::string>>& items);
/// The whole pickle of a fragment.
std::string pickle(const std::string& fragment);

/// Where checksum and sizes of each member stand a second time: nowhere, or behind it.
enum class Descriptor { None, Signed, Bare, Wide };
struct ZipForm {
  Descriptor descriptor = Descriptor::None;
  bool is_zip64 = false;  ///< every size and place in 64 bits, as for large archives
};
/// A ZIP archive of stored members.
std::string zip(const std::vector<std::pair<std::string, std::string>>& members, const ZipForm& form = {});
/// What torch.save makes of a pickle and its storages (key, bytes).
std::string torch_zip(const std::string& fragment, const std::vector<std::pair<std::string, std::string>>& storages);

/// `value` as little-endian bytes.
template <class T>
std::string little_endian(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace detforge::testing_support
