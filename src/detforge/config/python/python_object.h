#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "detforge/config/python/ast.h"
#include "detforge/config/source_text.h"

/// The objects that a config's names and containers refer to while it is evaluated. They are shared, as in Python:
/// two names of one list see the same list. The finished config is a deep copy of them.
namespace detforge::python {

struct Object;
class Runtime;

/// An object of a `Runtime`, and alive as long as it.
using Ref = Object*;

/// Where something was written: in the file that is evaluated, or already known (in a base).
struct Place {
  const SourceText* text = nullptr;
  Span span;
  const SourceRange* known = nullptr;

  SourceRange range() const { return known != nullptr ? *known : text != nullptr ? text->range(span) : SourceRange{}; }
};

/// A reference together with the place that put it there.
struct Slot {
  Ref value = nullptr;
  Place place;
};

/// Keys with values in insertion order, by Python's hash and equality. Throws TypeError for an unhashable key.
class Table {
 public:
  struct Entry {
    Slot key;
    Slot value;
  };

  std::size_t size() const { return entries_.size(); }
  const std::vector<Entry>& entries() const { return entries_; }
  Entry* find(Runtime& runtime, Ref key);
  Entry* find(std::string_view key);
  /// A key that exists keeps its place in the order.
  void set(Runtime& runtime, Slot key, Slot value);
  bool erase(Runtime& runtime, Ref key);
  void clear();

 private:
  Entry* find_hashed(Runtime& runtime, Ref key, std::size_t hash);
  void rebuild_index();

  std::vector<Entry> entries_;
  std::vector<std::size_t> hashes_;
  std::unique_ptr<std::unordered_multimap<std::size_t, std::size_t>> index_;  // once there are many
};

struct List {
  std::vector<Slot> items;
};
struct Tuple {
  std::vector<Slot> items;
};
struct Set {
  Table table;  // keys only
};
struct Dict {
  Table table;
  /// mmengine's ConfigDict: keys are attributes too, dicts that are put in become ConfigDicts.
  bool is_config_dict = false;
};
struct Range {
  std::int64_t start, stop, step;
  std::int64_t size() const;
};
/// What zip, map, enumerate, reversed and generators give: filled at once, emptied by use.
struct Iterator {
  std::string_view type;
  std::vector<Slot> items;
  std::size_t next = 0;
};
struct DictView {
  enum class Part : std::uint8_t { Keys, Values, Items };
  Ref dict;
  Part part;
};
struct Slice {
  Ref start, stop, step;  // None where absent
};
struct Native;
struct Method;
struct Module;
struct Function {
  const Native* native;
};
struct BoundMethod {
  Ref self;
  const Method* method;
};
struct ModuleObject {
  const Module* module;
};
/// Made by `ValueError("…")`, for `raise`.
struct ExceptionObject {
  std::string_view type;
  std::string message;
};

struct Object {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, List, Tuple, Set, Dict, Range, Iterator, DictView, Slice,
               Function, BoundMethod, ModuleObject, ExceptionObject>
      data;

  template <class T>
  T* get() {
    return std::get_if<T>(&data);
  }
  bool is_none() const { return data.index() == 0; }
};

/// `int`, `list`, `ConfigDict`, …
std::string_view type_name(Ref object);
/// `an int`, `a list`, …
std::string a_kind(Ref object);

struct Keyword {
  std::string name;
  Place name_place;
  Slot value;
};

struct Arguments {
  std::string_view function;  // for messages
  Place place;                // of the call
  std::vector<Slot> positional;
  std::vector<Keyword> keywords;

  /// Throws TypeError where the number of arguments is not within the bounds.
  void expect(std::size_t least, std::size_t most) const;
  void no_keywords() const;
  /// TypeError where there are fewer without a name.
  Ref at(std::size_t index) const;
  /// The argument at `index` or called `name`, taken out of the keywords; null when it is not there.
  Ref take(std::size_t index, std::string_view name);
};

/// A function of ours that a config may call.
struct Native {
  enum class Kind : std::uint8_t {
    Builtin,
    PythonFunction,  // written in Python there: as a value of a config it is dropped, a builtin is not
    Type,
  };
  std::string_view name;
  Ref (*call)(Runtime&, Arguments&);
  Kind kind = Kind::Builtin;
};

struct Method {
  std::string_view name;
  Ref (*call)(Runtime&, Ref self, Arguments&);
};

}  // namespace detforge::python
