#include "detforge/checkpoint/pickle_writer.h"

#include <array>
#include <bit>

#include "detforge/base/error.h"
#include "detforge/checkpoint/append_number.h"
#include "detforge/checkpoint/checkpoint.h"
#include "detforge/checkpoint/checkpoint_limits.h"

namespace detforge {
namespace {

/// As protocol 2 writes bytes: Latin-1 as a text.
std::string as_latin1(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xC0U | byte >> 6U);
      text += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return text;
}

/// `torch.float32`, `torch.FloatStorage`: names that every torch.load knows.
bool is_type_of_torch(const std::string& name) {
  constexpr std::string_view torch = "torch.";
  if (!name.starts_with(torch)) return false;
  const std::string_view type = std::string_view(name).substr(torch.size());
  return dtype_from_name(type).has_value() || dtype_from_storage_class(type).has_value();
}

}  // namespace

std::string PickleWriter::write(const Object& root) {
  text_ = "\x80\x02";
  put(root);
  text_ += '.';
  return std::move(text_);
}

void PickleWriter::put(const Object& object) {
  if (const auto known = memo_.find(&object); known != memo_.end()) return put_slot(known->second, 'h', 'j');
  if (depth_ >= checkpoint_limits::written_nesting)
    throw Error("the objects are nested more than " + std::to_string(checkpoint_limits::written_nesting) + " deep");
  ++depth_;
  current_ = &object;
  std::visit([&](const auto& data) { put_data(data); }, object.data);
  --depth_;
}

/// Objects of other classes can not be told to be keys: a dict is none.
void PickleWriter::put_key(const Object& object) {
  if (const auto* record = object.get<Record>()) {
    simplified_.insert(record->type);
    const Value key = plain_value(object);
    put_text(key.is_string() ? key.as_string() : repr(key));
  } else {
    put(object);
  }
}

void PickleWriter::put_data(std::int64_t value) {
  if (value >= 0 && value <= 0xFF) {
    text_ += 'K';
    append_number(text_, static_cast<std::uint8_t>(value));
  } else if (value >= 0 && value <= 0xFFFF) {
    text_ += 'M';
    append_number(text_, static_cast<std::uint16_t>(value));
  } else if (value == static_cast<std::int32_t>(value)) {
    text_ += 'J';
    append_number(text_, static_cast<std::int32_t>(value));
  } else {
    std::string bytes;
    append_number(bytes, value);
    put_long(bytes);
  }
}

void PickleWriter::put_data(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  text_ += 'G';
  for (int shift = 56; shift >= 0; shift -= 8) text_ += static_cast<char>(bits >> static_cast<unsigned>(shift) & 0xFFU);
}

void PickleWriter::put_data(const Object::Bytes& bytes) {
  const Object* self = current_;
  put_global("_codecs", "encode");
  put_text(as_latin1(bytes.value));
  put_text("latin1");
  text_ += "\x86R";
  remember(self);
}

void PickleWriter::put_data(const Object::Global& global) {
  if (is_type_of_torch(global.name)) return put_global("torch", global.name.substr(6));
  simplified_.insert(global.name);
  put_text("<" + global.name + ">");
}

void PickleWriter::put_data(const Object::List& list) {
  text_ += ']';
  remember(current_);
  put_elements(list.elements);
}

void PickleWriter::put_data(const Object::Set& set) {
  text_ += ']';
  remember(current_);
  put_elements(set.elements);
}

void PickleWriter::put_data(const Object::Tuple& tuple) {
  const Object* self = current_;
  constexpr std::array<const char*, 4> short_forms = {")", "\x85", "\x86", "\x87"};
  const bool is_short = tuple.elements.size() < short_forms.size();
  if (!is_short) text_ += '(';
  for (const Object* element : tuple.elements) put(*element);
  text_ += is_short ? short_forms[tuple.elements.size()] : "t";
  if (!tuple.elements.empty()) remember(self);
}

void PickleWriter::put_data(const Object::Dict& dict) {
  if (dict.is_ordered) {
    put_global("collections", "OrderedDict");
    text_ += ")R";
  } else {
    text_ += '}';
  }
  remember(current_);
  put_items(dict.items);
  // A plain dict has no attributes to keep.
  if (dict.is_ordered && dict.state != nullptr && dict.state->get<Object::Dict>() != nullptr) {
    put(*dict.state);
    text_ += 'b';
  }
}

void PickleWriter::put_data(const StorageReference& storage) {
  const DType dtype = storages_.dtype(storage);
  const std::string& key = key_of(storage);
  text_ += '(';
  put_constant("X\x07" + std::string(3, '\0') + "storage");
  put_global("torch", std::string(storage_class(dtype)));
  put_text(key);
  put_constant("X\x03" + std::string(3, '\0') + "cpu");
  put_data(static_cast<std::int64_t>(storages_.size(storage) / item_size(dtype)));
  if (ids_ == Ids::Legacy) text_ += 'N';
  text_ += "tQ";
}

void PickleWriter::put_data(const TensorReference& tensor) {
  const Object* self = current_;
  check_bounds(tensor, storages_);
  if (tensor.is_parameter) {
    put_global("torch._utils", "_rebuild_parameter");
    text_ += '(';
  }
  put_global("torch._utils", "_rebuild_tensor_v2");
  text_ += '(';
  put_data(tensor.storage);
  put_data(tensor.offset + tensor.storage.view_offset);
  put_ints(tensor.shape);
  put_ints(tensor.stride);
  put_data(tensor.requires_grad && !tensor.is_parameter);
  put_empty_ordered_dict();
  text_ += "tR";
  if (tensor.is_parameter) {
    put_data(tensor.requires_grad);
    put_empty_ordered_dict();
    text_ += "tR";
  }
  remember(self);
}

void PickleWriter::put_data(const Record& record) {
  simplified_.insert(record.type);
  if (!record.items.empty()) {
    text_ += '}';
    remember(current_);
    put_items(record.items);
  } else if (!record.elements.empty()) {
    text_ += ']';
    remember(current_);
    put_elements(record.elements);
  } else {
    put_text("<" + record.type + ">");
  }
}

void PickleWriter::put_text(std::string_view text) {
  text_ += 'X';
  append_number(text_, static_cast<std::uint32_t>(text.size()));
  text_ += text;
}

void PickleWriter::put_long(std::string_view bytes) {
  if (bytes.size() <= 0xFF) {
    text_ += '\x8a';
    append_number(text_, static_cast<std::uint8_t>(bytes.size()));
  } else {
    text_ += '\x8b';
    append_number(text_, static_cast<std::uint32_t>(bytes.size()));
  }
  text_ += bytes;
}

void PickleWriter::put_constant(const std::string& opcodes) {
  const auto [known, is_new] = constants_.emplace(opcodes, slots_);
  if (!is_new) return put_slot(known->second, 'h', 'j');
  text_ += opcodes;
  put_slot(slots_++, 'q', 'r');
}

void PickleWriter::put_ints(const std::vector<std::int64_t>& values) {
  text_ += '(';
  for (const std::int64_t value : values) put_data(value);
  text_ += 't';
}

void PickleWriter::put_elements(const Elements& elements) {
  constexpr std::size_t batch = 1000;  // what lies on the reader's stack at once
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (i % batch == 0) text_ += i == 0 ? "(" : "e(";
    put(*elements[i]);
  }
  if (!elements.empty()) text_ += 'e';
}

void PickleWriter::put_items(const Items& items) {
  constexpr std::size_t batch = 1000;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i % batch == 0) text_ += i == 0 ? "(" : "u(";
    put_key(*items[i].first);
    put(*items[i].second);
  }
  if (!items.empty()) text_ += 'u';
}

void PickleWriter::put_empty_ordered_dict() {
  put_global("collections", "OrderedDict");
  text_ += ")R";
}

void PickleWriter::remember(const Object* object) {
  memo_.emplace(object, slots_);
  put_slot(slots_++, 'q', 'r');
}

void PickleWriter::put_slot(std::size_t slot, char small, char large) {
  if (slot <= 0xFF) {
    text_ += small;
    append_number(text_, static_cast<std::uint8_t>(slot));
  } else {
    text_ += large;
    append_number(text_, static_cast<std::uint32_t>(slot));
  }
}

const std::string& PickleWriter::key_of(const StorageReference& storage) {
  const DType dtype = storages_.dtype(storage);
  const auto [entry, is_new] = keys_.emplace(storage.key, std::pair(std::to_string(order_.size()), dtype));
  if (is_new) order_.push_back(storage);
  if (entry->second.second != dtype) {
    throw Error("one storage is seen as " + std::string(dtype_name(entry->second.second)) + " and as " + std::string(dtype_name(dtype)) +
                ", which torch's files can not say");
  }
  return entry->second.first;
}

}  // namespace detforge
