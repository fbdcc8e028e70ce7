#include "detforge/checkpoint/describe.h"

#include <array>

#include "detforge/base/sha256.h"
#include "detforge/config/format.h"

namespace detforge {
namespace {

std::string_view format_name(Checkpoint::Format format) {
  switch (format) {
    case Checkpoint::Format::Zip: return "torch (zip)";
    case Checkpoint::Format::Legacy: return "torch (legacy)";
    case Checkpoint::Format::Safetensors: break;
  }
  return "safetensors";
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 4> units = {"B", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  double size = static_cast<double>(bytes);
  for (; size >= 1024 && unit + 1 < units.size(); ++unit) size /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
  return text.data();
}

std::uint64_t byte_size(const TensorView& view) { return static_cast<std::uint64_t>(view.numel()) * item_size(view.dtype()); }

Value meta_of(const Checkpoint& checkpoint) {
  const Object* meta = checkpoint.root().find("meta");
  return meta == nullptr ? Value() : plain_value(*meta);
}

/// A config inside the meta has hundreds of lines: the first ones do for a look.
std::string shortened(const std::string& text) {
  constexpr std::size_t longest = 300;
  return text.size() <= longest ? text : text.substr(0, longest) + "… (" + std::to_string(text.size()) + " characters)";
}

/// The keys of the whole file, so that nothing in it goes unseen.
std::string other_keys(const Checkpoint& checkpoint) {
  std::string text;
  const auto* dict = checkpoint.root().get<Object::Dict>();
  if (dict == nullptr) return text;
  const Object& weights = find_state_dict(checkpoint.root());
  for (const auto& [key, value] : dict->items) {
    const std::string* name = key->text();
    if (name == nullptr || *name == "meta" || value == &weights || value->get<TensorReference>() != nullptr) continue;
    text += "  " + *name + "  " + shortened(repr(plain_value(*value))) + "\n";
  }
  return text;
}

}  // namespace

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}

std::string describe(const Checkpoint& checkpoint) {
  const auto tensors = checkpoint.state_dict();
  std::string text = "format   " + std::string(format_name(checkpoint.format())) + "\n";
  if (const Value meta = meta_of(checkpoint); meta.is_dict() && !meta.empty()) {
    text += "meta\n";
    for (const auto& [key, value] : meta.as_dict())
      text += "  " + (key.is_string() ? key.as_string() : repr(key)) + "  " + shortened(repr(value)) + "\n";
  }
  if (const std::string others = other_keys(checkpoint); !others.empty()) text += "also\n" + others;
  if (!checkpoint.globals().empty()) {
    text += "globals  (names in the pickle; none of them is looked up or called)\n";
    for (const std::string& name : checkpoint.globals()) text += "  " + name + "\n";
  }
  std::uint64_t bytes = 0;
  std::size_t width = 0;
  for (const TensorView& view : tensors) {
    bytes += byte_size(view);
    width = std::max(width, view.name.size());
  }
  text += "tensors  " + std::to_string(tensors.size()) + ", " + size_text(bytes) + "\n";
  for (const TensorView& view : tensors) {
    std::string name = view.name;
    name.resize(width, ' ');
    text += "  " + name + "  " + std::string(dtype_name(view.dtype())) + "  " + shape_text(view.shape()) + "\n";
  }
  return text;
}

std::string describe_json(const Checkpoint& checkpoint) {
  Value document = Value::dict();
  document["format"] = format_name(checkpoint.format());
  document["globals"] = Value::list();
  for (const std::string& name : checkpoint.globals()) document["globals"].push_back(name);
  document["meta"] = meta_of(checkpoint);
  document["tensors"] = Value::list();
  for (const TensorView& view : checkpoint.state_dict()) {
    Value shape = Value::list();
    for (const std::int64_t size : view.shape()) shape.push_back(size);
    document["tensors"].push_back(Value::dict({{"name", view.name},
                                               {"dtype", dtype_name(view.dtype())},
                                               {"shape", shape},
                                               {"bytes", static_cast<std::int64_t>(byte_size(view))}}));
  }
  return format_json(document);
}

std::string state_dict_hash(const Checkpoint& checkpoint) {
  Sha256 hash;
  const auto add_text = [&](std::string_view text) {
    hash.add(text.data(), text.size());
    hash.add("", 1);
  };
  const auto add_number = [&](std::int64_t number) { hash.add(&number, sizeof number); };
  for (const TensorView& view : checkpoint.state_dict()) {
    add_text(view.name);
    add_text(dtype_name(view.dtype()));
    add_number(static_cast<std::int64_t>(view.shape().size()));
    for (const std::int64_t size : view.shape()) add_number(size);
    const auto bytes = checkpoint.contiguous_bytes(view);
    hash.add(bytes.data(), bytes.size());
  }
  return hash.hex();
}

}  // namespace detforge
