#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "detforge/config/value.h"

/// How a config's value becomes a C++ value and back, type by type.
///
/// A tuple where a list is meant is fine and so is int → float; bool ↔ int, float → int and str → int are not, and
/// None only where the type is optional.
namespace detforge {

/// A nested config: a dict of its own, such as `norm_cfg` or a component that is built later.
class ConfigDict {
 public:
  ConfigDict() : value_(Value::dict()) {}
  ConfigDict(std::initializer_list<Value::Item> items) : value_(Value::dict(items)) {}
  /// Throws `Error` when `value` is no dict.
  explicit ConfigDict(Value value) : value_(std::move(value)) { static_cast<void>(value_.as_dict()); }

  const Value& value() const { return value_; }
  operator const Value&() const { return value_; }
  Value& operator[](std::string_view key) { return value_[key]; }
  const Value& operator[](std::string_view key) const { return std::as_const(value_)[key]; }
  const Value* find(std::string_view key) const { return value_.find(key); }
  bool contains(std::string_view key) const { return value_.contains(key); }

 private:
  Value value_;
};

/// Specialise for an enum to let arguments have it as their type:
/// `template <> struct EnumNames<Mode> { static constexpr std::array<std::pair<Mode, std::string_view>, 2> names = …; };`
template <class E>
struct EnumNames;

/// Specialised per type: `from` throws `Error` at the value's place, `to` gives the value that a config would hold,
/// `type()` a phrase for messages ("list of int"), `schema()` a JSON Schema fragment.
template <class T>
struct Conversion;

/// Throws `expected <wanted>, got <type> <repr>` at the value's place.
[[noreturn]] void throw_wrong_type(std::string_view wanted, const Value& got);

template <>
struct Conversion<bool> {
  static bool from(const Value& value);
  static Value to(bool flag) { return flag; }
  static std::string type() { return "bool"; }
  static Value schema() { return Value::dict({{"type", "boolean"}}); }
};

template <>
struct Conversion<std::int64_t> {
  static std::int64_t from(const Value& value);
  static Value to(std::int64_t number) { return number; }
  static std::string type() { return "int"; }
  static Value schema() { return Value::dict({{"type", "integer"}}); }
};

template <>
struct Conversion<double> {
  static double from(const Value& value);
  static Value to(double number) { return number; }
  static std::string type() { return "float"; }
  static Value schema() { return Value::dict({{"type", "number"}}); }
};

template <>
struct Conversion<std::string> {
  static std::string from(const Value& value);
  static Value to(const std::string& text) { return text; }
  static std::string type() { return "str"; }
  static Value schema() { return Value::dict({{"type", "string"}}); }
};

template <>
struct Conversion<ConfigDict> {
  static ConfigDict from(const Value& value);
  static Value to(const ConfigDict& config) { return config.value(); }
  static std::string type() { return "dict"; }
  static Value schema() { return Value::dict({{"type", "object"}}); }
};

/// Anything: the component looks at it itself.
template <>
struct Conversion<Value> {
  static Value from(const Value& value) { return value; }
  static Value to(const Value& value) { return value; }
  static std::string type() { return "any value"; }
  static Value schema() { return Value::dict(); }
};

template <class T>
struct Conversion<std::optional<T>> {
  static std::optional<T> from(const Value& value) {
    if (value.is_none()) return std::nullopt;
    // A plainly wrong value is told that None would do; a wrong element is reported as such.
    if (!value.is_sequence() && !value.is_dict()) {
      try {
        return Conversion<T>::from(value);
      } catch (const Error&) {
        throw_wrong_type(type(), value);
      }
    }
    return Conversion<T>::from(value);
  }
  static Value to(const std::optional<T>& value) { return value ? Conversion<T>::to(*value) : Value(); }
  static std::string type() {
    std::string text = Conversion<T>::type();
    return text.append(" or None");  // operator+ here trips a warning of g++ 12
  }
  static Value schema() { return Value::dict({{"anyOf", Value::list({Conversion<T>::schema(), Value::dict({{"type", "null"}})})}}); }
};

template <class T>
struct Conversion<std::vector<T>> {
  static std::vector<T> from(const Value& value) {
    if (!value.is_sequence()) throw_wrong_type(type(), value);
    std::vector<T> all;
    all.reserve(value.size());
    for (const Value& element : value.elements()) all.push_back(Conversion<T>::from(element));
    return all;
  }
  static Value to(const std::vector<T>& all) {
    Value::Elements elements;
    for (const T& element : all) elements.push_back(Conversion<T>::to(element));
    return Value::list(std::move(elements));
  }
  static std::string type() { return "list of " + Conversion<T>::type(); }
  static Value schema() { return Value::dict({{"type", "array"}, {"items", Conversion<T>::schema()}}); }
};

template <class T, std::size_t N>
struct Conversion<std::array<T, N>> {
  static std::array<T, N> from(const Value& value) {
    if (!value.is_sequence() || value.size() != N) throw_wrong_type(type(), value);
    std::array<T, N> all{};
    for (std::size_t i = 0; i < N; ++i) all[i] = Conversion<T>::from(value[i]);
    return all;
  }
  static Value to(const std::array<T, N>& all) {
    Value::Elements elements;
    for (const T& element : all) elements.push_back(Conversion<T>::to(element));
    return Value::tuple(std::move(elements));
  }
  static std::string type() { return "list of " + std::to_string(N) + " " + Conversion<T>::type(); }
  static Value schema() { return Value::dict({{"type", "array"}, {"items", Conversion<T>::schema()}, {"minItems", N}, {"maxItems", N}}); }
};

/// The first alternative that accepts the value.
template <class... Ts>
struct Conversion<std::variant<Ts...>> {
  static std::variant<Ts...> from(const Value& value) {
    std::optional<std::variant<Ts...>> result;
    const auto attempt = [&]<class T>(std::type_identity<T>) {
      if (result) return;
      try {
        result.emplace(Conversion<T>::from(value));
      } catch (const Error&) {
        // The next alternative may accept it.
      }
    };
    (attempt(std::type_identity<Ts>{}), ...);
    if (!result) throw_wrong_type(type(), value);
    return *std::move(result);
  }
  static Value to(const std::variant<Ts...>& value) {
    return std::visit([]<class T>(const T& alternative) { return Conversion<T>::to(alternative); }, value);
  }
  static std::string type() {
    std::string text;
    ((text += (text.empty() ? "" : " or ") + Conversion<Ts>::type()), ...);
    return text;
  }
  static Value schema() { return Value::dict({{"anyOf", Value::list({Conversion<Ts>::schema()...})}}); }
};

template <class E>
  requires std::is_enum_v<E>
struct Conversion<E> {
  static E from(const Value& value) {
    if (value.is_string()) {
      for (const auto& [option, name] : EnumNames<E>::names) {
        if (name == value.as_string()) return option;
      }
    }
    throw_wrong_type(type(), value);
  }
  static Value to(E wanted) {
    for (const auto& [option, name] : EnumNames<E>::names) {
      if (option == wanted) return name;
    }
    return {};
  }
  static std::string type() {
    std::string text;
    for (const auto& [option, name] : EnumNames<E>::names) text += (text.empty() ? "one of '" : ", '") + std::string(name) + "'";
    return text;
  }
  static Value schema() {
    Value names = Value::list();
    for (const auto& [option, name] : EnumNames<E>::names) names.push_back(name);
    return Value::dict({{"enum", names}});
  }
};

}  // namespace detforge
