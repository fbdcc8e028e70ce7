#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "detforge/base/error.h"

/// The plain data of a config: what a Python literal can say, with the place in the file that said it.
namespace detforge {

class Dict;

/// None, bool, int, float, str, bytes, list, tuple, set or ordered dict, with value semantics: a copy is deep.
///
/// Reading a value as a type that it is not throws `Error` at its place. Not thread-safe while written.
class Value {
 public:
  enum class Kind : std::uint8_t { None, Bool, Int, Float, String, Bytes, List, Tuple, Set, Dict };
  using Elements = std::vector<Value>;
  using Item = std::pair<Value, Value>;

  Value() = default;
  Value(std::nullptr_t) {}
  template <std::same_as<bool> T>
  Value(T value) : data_(value) {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  Value(T value) : data_(static_cast<std::int64_t>(value)) {}
  template <std::floating_point T>
  Value(T value) : data_(static_cast<double>(value)) {}
  Value(const char* text) : data_(std::string(text)) {}
  Value(std::string_view text) : data_(std::string(text)) {}
  Value(std::string text) : data_(std::move(text)) {}
  Value(Dict dict);

  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();

  static Value list(Elements elements = {});
  static Value tuple(Elements elements = {});
  /// Duplicates (by Python's `==`) are dropped; the first one stays.
  static Value set(Elements elements = {});
  static Value bytes(std::string data);
  static Value dict();
  static Value dict(std::initializer_list<Item> items);

  Kind kind() const;
  /// Python's name of the type: `NoneType`, `int`, `str`, `dict`, …
  std::string_view type_name() const;
  bool is_none() const { return kind() == Kind::None; }
  bool is_bool() const { return kind() == Kind::Bool; }
  bool is_int() const { return kind() == Kind::Int; }
  bool is_float() const { return kind() == Kind::Float; }
  bool is_string() const { return kind() == Kind::String; }
  bool is_dict() const { return kind() == Kind::Dict; }
  /// A list or a tuple.
  bool is_sequence() const { return kind() == Kind::List || kind() == Kind::Tuple; }

  bool as_bool() const;
  std::int64_t as_int() const;
  /// An int counts as a float; a bool does not.
  double as_double() const;
  const std::string& as_string() const;
  const std::string& as_bytes() const;
  const Dict& as_dict() const;
  Dict& as_dict();
  /// The elements of a list, tuple or set.
  std::span<const Value> elements() const;
  Elements& elements();

  /// Number of elements or items; the length of a str in bytes.
  std::size_t size() const;
  bool empty() const { return size() == 0; }

  /// Creates the key (as None) when it is missing; None itself becomes a dict.
  Value& operator[](std::string_view key);
  /// Throws when the key is missing, naming the nearest one.
  const Value& operator[](std::string_view key) const;
  template <std::integral T>
  Value& operator[](T index) {
    return element(static_cast<std::int64_t>(index));
  }
  template <std::integral T>
  const Value& operator[](T index) const {
    return const_cast<Value*>(this)->element(static_cast<std::int64_t>(index));
  }
  bool contains(std::string_view key) const;
  /// Null when this is no dict or the key is missing.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  /// Remove a key and return its value; throws when it is missing.
  Value pop(std::string_view key);
  Value pop(std::string_view key, Value fallback);
  void push_back(Value element);

  /// Where it was written; unknown for values made in C++.
  const SourceRange& location() const { return location_; }
  void set_location(SourceRange range) { location_ = std::move(range); }

  /// Same kind and same content (an int is not a float, a list not a tuple), dicts in the same key order;
  /// NaN equals NaN. Places do not count.
  friend bool operator==(const Value& a, const Value& b);

 private:
  struct List {
    Elements elements;
  };
  struct Tuple {
    Elements elements;
  };
  struct Set {
    Elements elements;
  };
  struct Bytes {
    std::string data;
  };

  Value& element(std::int64_t index);
  [[noreturn]] void wrong_type(std::string_view wanted) const;

  std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, List, Tuple, Set, std::unique_ptr<Dict>> data_;
  SourceRange location_;
};

/// Python's `==`: 1, 1.0 and True are equal, the order of dict keys does not count, a list is not a tuple.
bool python_equal(const Value& a, const Value& b);

/// A dict in insertion order. Keys are scalars or tuples of them; equal keys (Python's `==`) are one key.
class Dict {
 public:
  using Item = Value::Item;

  Dict() = default;
  Dict(std::initializer_list<Item> items);

  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }

  const Value* find(const Value& key) const;
  Value* find(const Value& key);
  bool contains(const Value& key) const { return find(key) != nullptr; }
  /// A key that exists keeps its place (and its first spelling) and gets the new value.
  Value& set(Value key, Value value);
  /// False when there was no such key.
  bool erase(const Value& key);
  /// The str keys, in order.
  std::vector<std::string> string_keys() const;

 private:
  std::size_t index_of(const Value& key) const;
  void index_item(std::size_t position);

  std::vector<Item> items_;
  std::unordered_multimap<std::size_t, std::size_t> index_;  // hash of the key → position, once there are many
};

/// Python's `repr`.
std::string repr(const Value& value);

/// Writes Python's `repr`.
std::ostream& operator<<(std::ostream& out, const Value& value);

}  // namespace detforge
