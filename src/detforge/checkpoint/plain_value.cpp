#include "detforge/checkpoint/checkpoint.h"
#include "detforge/checkpoint/checkpoint_limits.h"
#include "detforge/checkpoint/describe.h"

namespace detforge {
namespace {

class Converter {
 public:
  Value convert(const Object& object, std::size_t depth) {
    if (depth > checkpoint_limits::plain_nesting || ++values_ > checkpoint_limits::plain_values) return "…";
    return std::visit([&](const auto& data) { return of(data, depth); }, object.data);
  }

 private:
  Value of(std::monostate, std::size_t) { return {}; }
  Value of(bool value, std::size_t) { return value; }
  Value of(std::int64_t value, std::size_t) { return value; }
  Value of(double value, std::size_t) { return value; }
  Value of(const Object::Text& text, std::size_t) { return text.value; }
  Value of(const Object::Bytes& bytes, std::size_t) { return Value::bytes(bytes.value); }
  Value of(const Object::BigInt& number, std::size_t) { return "<int of " + std::to_string(8 * number.bytes.size()) + " bits>"; }
  Value of(const Object::Global& global, std::size_t) { return "<" + global.name + ">"; }
  Value of(const Object::List& list, std::size_t depth) { return Value::list(elements(list.elements, depth)); }
  Value of(const Object::Tuple& tuple, std::size_t depth) { return Value::tuple(elements(tuple.elements, depth)); }
  Value of(const Object::Set& set, std::size_t depth) { return Value::list(elements(set.elements, depth)); }
  Value of(const Object::Dict& dict, std::size_t depth) { return items(dict.items, depth); }
  Value of(const StorageReference& storage, std::size_t) { return "<storage " + std::string(dtype_name(storage.dtype)) + ">"; }
  Value of(const TensorReference& tensor, std::size_t) {
    return "<tensor " + std::string(dtype_name(tensor.storage.dtype)) + " " + shape_text(tensor.shape) + ">";
  }
  Value of(const Record& record, std::size_t depth) {
    if (!record.items.empty()) return items(record.items, depth);
    if (!record.elements.empty()) return Value::list(elements(record.elements, depth));
    return "<" + record.type + ">";
  }

  Value::Elements elements(const std::vector<const Object*>& all, std::size_t depth) {
    Value::Elements values;
    for (const Object* element : all) {
      values.push_back(convert(*element, depth + 1));
      if (values_ > checkpoint_limits::plain_values) break;
    }
    return values;
  }
  Value items(const std::vector<std::pair<const Object*, const Object*>>& all, std::size_t depth) {
    Dict dict;
    for (const auto& [key, value] : all) {
      Value name = convert(*key, depth + 1);
      if (name.is_sequence() || name.is_dict()) name = repr(name);
      dict.set(std::move(name), convert(*value, depth + 1));
      if (values_ > checkpoint_limits::plain_values) break;
    }
    return dict;
  }

  std::size_t values_ = 0;
};

}  // namespace

Value plain_value(const Object& object) { return Converter().convert(object, 0); }

}  // namespace detforge
