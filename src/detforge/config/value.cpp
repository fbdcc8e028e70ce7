#include "detforge/config/value.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace detforge {
namespace {

constexpr std::size_t kIndexedSize = 16;
constexpr std::string_view kTypeNames[] = {"NoneType", "bool", "int", "float", "str", "bytes", "list", "tuple", "set", "dict"};

bool is_number(const Value& value) { return value.is_bool() || value.is_int() || value.is_float(); }

bool integral_equals_float(std::int64_t integer, double number) {
  constexpr double kLimit = 9223372036854775808.0;
  return number >= -kLimit && number < kLimit && std::trunc(number) == number && static_cast<std::int64_t>(number) == integer;
}

std::int64_t integral(const Value& value) { return value.is_bool() ? (value.as_bool() ? 1 : 0) : value.as_int(); }

bool numbers_equal(const Value& a, const Value& b) {
  if (a.is_float() && b.is_float()) return a.as_double() == b.as_double();
  if (a.is_float()) return integral_equals_float(integral(b), a.as_double());
  if (b.is_float()) return integral_equals_float(integral(a), b.as_double());
  return integral(a) == integral(b);
}

/// Equal for values that are equal in Python.
std::size_t python_hash(const Value& value) {
  if (value.is_float()) {
    const double number = value.as_double();
    const auto integer = std::abs(number) < 9e18 ? static_cast<std::int64_t>(number) : 0;
    return integral_equals_float(integer, number) ? std::hash<std::int64_t>{}(integer) : std::hash<double>{}(number);
  }
  if (is_number(value)) return std::hash<std::int64_t>{}(integral(value));
  if (value.is_string()) return std::hash<std::string>{}(value.as_string());
  if (value.kind() == Value::Kind::Bytes) return std::hash<std::string>{}(value.as_bytes()) + 1;
  if (value.is_none()) return 0x9E3779B9U;
  std::size_t hash = 17;
  for (const Value& element : value.elements()) hash = hash * 31 + python_hash(element);
  return hash;
}

bool contains_equal(std::span<const Value> elements, const Value& wanted) {
  return std::any_of(elements.begin(), elements.end(), [&](const Value& element) { return python_equal(element, wanted); });
}

}  // namespace

Value::Value(Dict dict) : data_(std::make_unique<Dict>(std::move(dict))) {}
Value::~Value() = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(Value&& other) noexcept = default;

Value::Value(const Value& other) : location_(other.location_) {
  std::visit(
      [this](const auto& data) {
        using T = std::decay_t<decltype(data)>;
        if constexpr (std::is_same_v<T, std::unique_ptr<Dict>>) data_ = std::make_unique<Dict>(*data);
        else data_ = data;
      },
      other.data_);
}

Value& Value::operator=(const Value& other) {
  if (this != &other) *this = Value(other);
  return *this;
}

Value Value::list(Elements elements) {
  Value value;
  value.data_ = List{std::move(elements)};
  return value;
}

Value Value::tuple(Elements elements) {
  Value value;
  value.data_ = Tuple{std::move(elements)};
  return value;
}

Value Value::set(Elements elements) {
  Set set;
  for (Value& element : elements) {
    if (!contains_equal(set.elements, element)) set.elements.push_back(std::move(element));
  }
  Value value;
  value.data_ = std::move(set);
  return value;
}

Value Value::bytes(std::string data) {
  Value value;
  value.data_ = Bytes{std::move(data)};
  return value;
}

Value Value::dict() { return Value(Dict()); }

Value Value::dict(std::initializer_list<Item> items) { return Value(Dict(items)); }

Value::Kind Value::kind() const { return static_cast<Kind>(data_.index()); }

std::string_view Value::type_name() const { return kTypeNames[data_.index()]; }

void Value::wrong_type(std::string_view wanted) const {
  throw Error("expected " + std::string(wanted) + ", got " + std::string(type_name()) + " " + repr(*this)).at(location_);
}

bool Value::as_bool() const {
  if (!is_bool()) wrong_type("bool");
  return std::get<bool>(data_);
}

std::int64_t Value::as_int() const {
  if (!is_int()) wrong_type("int");
  return std::get<std::int64_t>(data_);
}

double Value::as_double() const {
  if (is_int()) return static_cast<double>(std::get<std::int64_t>(data_));
  if (!is_float()) wrong_type("float");
  return std::get<double>(data_);
}

const std::string& Value::as_string() const {
  if (!is_string()) wrong_type("str");
  return std::get<std::string>(data_);
}

const std::string& Value::as_bytes() const {
  if (kind() != Kind::Bytes) wrong_type("bytes");
  return std::get<Bytes>(data_).data;
}

const Dict& Value::as_dict() const {
  if (!is_dict()) wrong_type("dict");
  return *std::get<std::unique_ptr<Dict>>(data_);
}

Dict& Value::as_dict() {
  if (!is_dict()) wrong_type("dict");
  return *std::get<std::unique_ptr<Dict>>(data_);
}

Value::Elements& Value::elements() {
  switch (kind()) {
    case Kind::List: return std::get<List>(data_).elements;
    case Kind::Tuple: return std::get<Tuple>(data_).elements;
    case Kind::Set: return std::get<Set>(data_).elements;
    default: wrong_type("list or tuple");
  }
}

std::span<const Value> Value::elements() const { return const_cast<Value*>(this)->elements(); }

std::size_t Value::size() const {
  if (is_string()) return as_string().size();
  if (kind() == Kind::Bytes) return as_bytes().size();
  return is_dict() ? as_dict().size() : elements().size();
}

Value& Value::operator[](std::string_view key) {
  if (is_none()) data_ = std::make_unique<Dict>();
  Dict& dict = as_dict();
  Value* found = dict.find(key);
  return found != nullptr ? *found : dict.set(key, Value());
}

const Value& Value::operator[](std::string_view key) const {
  const Value* found = as_dict().find(key);
  if (found == nullptr) {
    throw Error("there is no key '" + std::string(key) + "'" + did_you_mean(key, as_dict().string_keys())).at(location_);
  }
  return *found;
}

Value& Value::element(std::int64_t index) {
  Elements& all = elements();
  const auto size = static_cast<std::int64_t>(all.size());
  const std::int64_t position = index < 0 ? index + size : index;
  if (position < 0 || position >= size) {
    throw Error("index " + std::to_string(index) + " is outside a " + std::string(type_name()) + " of " + std::to_string(size))
        .at(location_);
  }
  return all[static_cast<std::size_t>(position)];
}

bool Value::contains(std::string_view key) const { return find(key) != nullptr; }

const Value* Value::find(std::string_view key) const { return is_dict() ? as_dict().find(key) : nullptr; }

Value* Value::find(std::string_view key) { return is_dict() ? as_dict().find(key) : nullptr; }

Value Value::pop(std::string_view key) {
  Value value = std::as_const(*this)[key];
  as_dict().erase(key);
  return value;
}

Value Value::pop(std::string_view key, Value fallback) { return contains(key) ? pop(key) : std::move(fallback); }

void Value::push_back(Value element) {
  if (kind() != Kind::List) wrong_type("list");
  elements().push_back(std::move(element));
}

bool operator==(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Value::Kind::None: return true;
    case Value::Kind::Bool: return a.as_bool() == b.as_bool();
    case Value::Kind::Int: return a.as_int() == b.as_int();
    case Value::Kind::Float: return a.as_double() == b.as_double() || (std::isnan(a.as_double()) && std::isnan(b.as_double()));
    case Value::Kind::String: return a.as_string() == b.as_string();
    case Value::Kind::Bytes: return a.as_bytes() == b.as_bytes();
    case Value::Kind::Set: return python_equal(a, b);
    case Value::Kind::Dict: return std::equal(a.as_dict().begin(), a.as_dict().end(), b.as_dict().begin(), b.as_dict().end());
    default: return std::equal(a.elements().begin(), a.elements().end(), b.elements().begin(), b.elements().end());
  }
}

bool python_equal(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) return numbers_equal(a, b);
  if (a.kind() != b.kind()) return false;
  if (a.is_dict()) {
    if (a.size() != b.size()) return false;
    return std::all_of(a.as_dict().begin(), a.as_dict().end(), [&](const Value::Item& item) {
      const Value* other = b.as_dict().find(item.first);
      return other != nullptr && python_equal(item.second, *other);
    });
  }
  if (a.kind() == Value::Kind::Set) {
    return a.size() == b.size() && std::all_of(a.elements().begin(), a.elements().end(),
                                               [&](const Value& element) { return contains_equal(b.elements(), element); });
  }
  if (a.is_sequence()) return std::equal(a.elements().begin(), a.elements().end(), b.elements().begin(), b.elements().end(), python_equal);
  return a == b;
}

Dict::Dict(std::initializer_list<Item> items) {
  for (const Item& item : items) set(item.first, item.second);
}

void Dict::index_item(std::size_t position) { index_.emplace(python_hash(items_[position].first), position); }

std::size_t Dict::index_of(const Value& key) const {
  if (items_.size() <= kIndexedSize) {
    const auto found = std::find_if(items_.begin(), items_.end(), [&](const Item& item) { return python_equal(item.first, key); });
    return static_cast<std::size_t>(found - items_.begin());
  }
  const auto [begin, end] = index_.equal_range(python_hash(key));
  const auto found = std::find_if(begin, end, [&](const auto& entry) { return python_equal(items_[entry.second].first, key); });
  return found == end ? items_.size() : found->second;
}

const Value* Dict::find(const Value& key) const {
  const std::size_t position = index_of(key);
  return position == items_.size() ? nullptr : &items_[position].second;
}

Value* Dict::find(const Value& key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

Value& Dict::set(Value key, Value value) {
  if (Value* found = find(key); found != nullptr) return *found = std::move(value);
  items_.emplace_back(std::move(key), std::move(value));
  if (items_.size() == kIndexedSize + 1) {
    for (std::size_t i = 0; i < items_.size(); ++i) index_item(i);
  } else if (items_.size() > kIndexedSize) {
    index_item(items_.size() - 1);
  }
  return items_.back().second;
}

bool Dict::erase(const Value& key) {
  const std::size_t position = index_of(key);
  if (position == items_.size()) return false;
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(position));
  index_.clear();
  if (items_.size() > kIndexedSize) {
    for (std::size_t i = 0; i < items_.size(); ++i) index_item(i);
  }
  return true;
}

std::vector<std::string> Dict::string_keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : items_) {
    if (key.is_string()) keys.push_back(key.as_string());
  }
  return keys;
}

}  // namespace detforge
