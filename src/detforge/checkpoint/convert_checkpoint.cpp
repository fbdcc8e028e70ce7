#include "detforge/checkpoint/convert_checkpoint.h"

#include "detforge/base/error.h"
#include "detforge/base/files.h"
#include "detforge/base/sha256.h"
#include "detforge/checkpoint/cast.h"
#include "detforge/checkpoint/write.h"

namespace detforge {
namespace {

/// The dict without one of its keys.
Object without(const Object& root, std::string_view key) {
  const auto* dict = root.get<Object::Dict>();
  if (dict == nullptr) return root;
  Object::Dict rest = *dict;
  std::erase_if(rest.items, [&](const auto& item) { return item.first->text() != nullptr && *item.first->text() == key; });
  return {std::move(rest)};
}

std::string joined(const std::set<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::vector<std::string> notes_of(const WriteReport& report, const CastStorages* cast, DType dtype) {
  std::vector<std::string> notes;
  if (!report.simplified.empty())
    notes.push_back("objects of these classes became plain data, as only their names are known: " + joined(report.simplified));
  if (!report.left_out.empty()) notes.push_back("safetensors has no place for " + joined(report.left_out) + ": left out");
  if (cast != nullptr && cast->overflowed() > 0) {
    const std::size_t count = cast->overflowed();
    notes.push_back(std::to_string(count) + (count == 1 ? " number is" : " numbers are") + " too large for " +
                    std::string(dtype_name(dtype)) + " and became infinite");
  }
  return notes;
}

/// `net.pth` → `net-1a2b3c4d.pth`
std::filesystem::path with_hash(const std::filesystem::path& path, const std::string& hash) {
  return path.parent_path() / (path.stem().string() + "-" + hash.substr(0, 8) + path.extension().string());
}

}  // namespace

Converted convert_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path, const ConvertOptions& options) {
  const Object published = options.publish ? without(checkpoint.root(), "optimizer") : Object{};
  const Object& whole = options.publish ? published : checkpoint.root();
  const Object& root = options.weights ? find_state_dict(whole) : whole;
  std::optional<CastStorages> cast;
  if (options.dtype) cast.emplace(checkpoint.storages(), checkpoint.state_dict(), *options.dtype);
  Storages& storages = cast ? *cast : checkpoint.storages();

  Converted converted{path, {}};
  if (options.publish) {
    // Equal content gives equal bytes, so that the name can be found before the file is written.
    Sha256 hash;
    write_checkpoint(options.format, root, storages, [&](std::string_view piece) { hash.add(piece.data(), piece.size()); });
    converted.path = with_hash(path, hash.hex());
  }
  WriteReport report;
  atomic_write(converted.path, [&](const Sink& sink) { report = write_checkpoint(options.format, root, storages, sink); });
  converted.notes = notes_of(report, cast ? &*cast : nullptr, options.dtype.value_or(DType::F32));
  return converted;
}

}  // namespace detforge
