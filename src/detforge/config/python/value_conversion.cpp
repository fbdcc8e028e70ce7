#include "detforge/config/python/value_conversion.h"

#include "detforge/config/limits.h"

namespace detforge::python {
namespace {

class Converter {
 public:
  explicit Converter(Runtime& runtime) : runtime_(runtime) {}

  Value convert(const Slot& slot, const SourceRange& around) {
    runtime_.work(1);
    if (++count_ > limits::kValues) throw Error("the config holds more values than is allowed").at(around);
    SourceRange range = slot.place.range();
    if (!range) range = around;
    if (depth_ >= limits::kValueNesting) throw Error("values are nested too deeply").at(range);
    ++depth_;
    Value value = convert_object(slot.value, range);
    --depth_;
    value.set_location(std::move(range));
    return value;
  }

 private:
  Value::Elements elements(const std::vector<Slot>& items, const SourceRange& range) {
    Value::Elements all;
    all.reserve(items.size());
    for (const Slot& item : items) all.push_back(convert(item, range));
    return all;
  }

  Value convert_object(Ref object, const SourceRange& range) {
    if (object->is_none()) return nullptr;
    if (const auto* boolean = object->get<bool>(); boolean != nullptr) return *boolean;
    if (const auto* integer = object->get<std::int64_t>(); integer != nullptr) return *integer;
    if (const auto* number = object->get<double>(); number != nullptr) return *number;
    if (const auto* text = object->get<std::string>(); text != nullptr) return text_value(*text);
    if (const auto* bytes = object->get<Bytes>(); bytes != nullptr) return Value::bytes(bytes->data);
    if (const auto* list = object->get<List>(); list != nullptr) return Value::list(elements(list->items, range));
    if (const auto* tuple = object->get<Tuple>(); tuple != nullptr) return Value::tuple(elements(tuple->items, range));
    if (const auto* set = object->get<Set>(); set != nullptr) {
      Value::Elements all;
      // A finished set is searched element by element.
      runtime_.work(set->table.size() * set->table.size() / 2);
      for (const auto& entry : set->table.entries()) all.push_back(convert(entry.key, range));
      return Value::set(std::move(all));
    }
    if (const auto* dict = object->get<Dict>(); dict != nullptr) {
      detforge::Dict out;
      for (const auto& entry : dict->table.entries()) out.set(convert(entry.key, range), convert(entry.value, range));
      return out;
    }
    const auto* function = object->get<Function>();
    const std::string name = function == nullptr ? "" : " '" + std::string(function->native->name) + "'";
    throw Error("a config holds data only, no " + std::string(type_name(object)) + name).at(range);
  }

  Value text_value(const std::string& text) {
    characters_ += text.size();
    if (characters_ > limits::kHeapBytes) throw Error("the config holds more text than is allowed");
    return text;
  }

  Runtime& runtime_;
  std::size_t count_ = 0;
  std::size_t characters_ = 0;
  std::uint32_t depth_ = 0;
};

}  // namespace

Value to_value(Runtime& runtime, const Slot& slot) { return Converter(runtime).convert(slot, {}); }

Slot from_value(Runtime& runtime, const Value& value) {
  const Place place{nullptr, {}, &value.location()};
  const auto items = [&](std::span<const Value> elements) {
    std::vector<Slot> all;
    all.reserve(elements.size());
    for (const Value& element : elements) all.push_back(from_value(runtime, element));
    return all;
  };
  switch (value.kind()) {
    case Value::Kind::None: return {runtime.none(), place};
    case Value::Kind::Bool: return {runtime.boolean(value.as_bool()), place};
    case Value::Kind::Int: return {runtime.integer(value.as_int()), place};
    case Value::Kind::Float: return {runtime.number(value.as_double()), place};
    case Value::Kind::String: return {runtime.string(value.as_string()), place};
    case Value::Kind::Bytes: return {runtime.bytes(value.as_bytes()), place};
    case Value::Kind::List: return {runtime.list(items(value.elements())), place};
    case Value::Kind::Tuple: return {runtime.tuple(items(value.elements())), place};
    case Value::Kind::Set: {
      const Ref set = runtime.set();
      for (const Slot& item : items(value.elements())) set->get<Set>()->table.set(runtime, item, {});
      return {set, place};
    }
    case Value::Kind::Dict: break;
  }
  const Ref dict = runtime.dict(true);
  for (const auto& [key, item] : value.as_dict())
    dict->get<Dict>()->table.set(runtime, from_value(runtime, key), from_value(runtime, item));
  return {dict, place};
}

}  // namespace detforge::python
