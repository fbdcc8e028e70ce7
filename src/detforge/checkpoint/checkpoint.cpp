#include "detforge/checkpoint/checkpoint.h"

#include <optional>

#include "detforge/base/error.h"
#include "detforge/base/mapped_file.h"
#include "detforge/checkpoint/foreign_file.h"
#include "detforge/checkpoint/zip_reader.h"

namespace detforge {

struct Checkpoint::Impl {
  std::optional<MappedFile> file;
  std::string name;
  Format format = Format::Zip;
  CheckpointContent content;
};

namespace {

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

}  // namespace

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
      throw foreign_file_error(bytes);
    }
  } catch (Error& error) {
    throw std::move(error.at(name));
  }
  return Checkpoint(std::move(impl));
}

Checkpoint::Format Checkpoint::format() const { return impl_->format; }
const Object& Checkpoint::root() const { return *impl_->content.root; }
const std::set<std::string>& Checkpoint::globals() const { return impl_->content.globals; }

Storages& Checkpoint::storages() const { return *impl_->content.storages; }

std::vector<TensorView> Checkpoint::state_dict() const {
  try {
    return state_dict_of(root(), storages());
  } catch (Error& error) {
    throw std::move(error.at(impl_->name));
  }
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

ContiguousBytes Checkpoint::contiguous_bytes(const TensorView& view) const {
  try {
    return detforge::contiguous_bytes(view.tensor, storages());
  } catch (Error& error) {
    throw std::move(error.note("the tensor '" + view.name + "'").at(impl_->name));
  }
}

}  // namespace detforge
