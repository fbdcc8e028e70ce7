#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// JSON files of others, annotations and results: parsed whole by simdjson, read with errors that name file and record.
namespace detforge {

/// A value of a document and where it is: `annotations[1041].bbox`. The document must outlive it, and so must the text
/// of keys (they are literals).
class JsonValue {
 public:
  JsonValue(simdjson::dom::element element, const std::string& document) : element_(element), document_(&document) {}

  bool is_array() const { return element_.is_array(); }
  bool is_object() const { return element_.is_object(); }
  bool is_string() const { return element_.is_string(); }
  bool is_number() const { return element_.is_number(); }
  bool is_bool() const { return element_.is_bool(); }
  bool is_null() const { return element_.is_null(); }

  /// Throw `Error` at this place when the value is of another type. A whole number may be written `3.0`, a number `3`.
  std::vector<JsonValue> elements() const;
  /// How many elements.
  std::size_t size() const;
  double number() const;
  std::int64_t integer() const;
  /// A whole number beyond 2^63 - 1, of at most 64 bits; nothing for any other value.
  std::optional<std::uint64_t> large_integer() const;
  std::string_view text() const;
  /// `true`, `false`, or a number that is not 0.
  bool truth() const;
  /// All elements as numbers.
  std::vector<double> numbers() const;
  template <std::size_t N>
  std::array<double, N> numbers() const;

  /// The member of an object; throws `Error` when it is missing.
  JsonValue operator[](std::string_view key) const;
  /// The same, or nothing where it is missing or null.
  std::optional<JsonValue> find(std::string_view key) const;

  /// Calls `visit` with each element; throws `Error` when this is no list.
  template <class Visit>
  void for_each(Visit visit) const;

  /// Calls `visit` with the key and value of each member; throws `Error` when this is no object. Places name no key here.
  template <class Visit>
  void for_each_member(Visit visit) const;
  /// As JSON again, without blanks; numbers read back equal.
  std::string json() const;

  /// `annotations[1041].bbox`; of the whole document its name.
  std::string place() const;
  /// The document's name: the file.
  const std::string& document() const { return *document_; }
  /// Throws `Error` at this place, with the document's name as a note.
  [[noreturn]] void fail(const std::string& message) const;

 private:
  struct Step {
    std::string_view key;
    std::size_t index = 0;
  };

  simdjson::dom::array array() const;
  simdjson::dom::object object() const;
  JsonValue child(simdjson::dom::element element, Step step) const;

  simdjson::dom::element element_;
  const std::string* document_;
  std::array<Step, 6> steps_{};
  std::size_t depth_ = 0;
};

class JsonDocument {
 public:
  /// Throws `Error` naming the file when it can not be read, is no JSON or is larger than 4 GiB.
  static JsonDocument read(const std::filesystem::path& file);
  /// The same from memory; `name` takes the file's part in messages.
  static JsonDocument parse(std::string_view text, std::string name);

  JsonValue root() const { return {root_, *name_}; }

 private:
  explicit JsonDocument(std::string name) : name_(std::make_unique<std::string>(std::move(name))) {}

  std::unique_ptr<std::string> name_;
  std::unique_ptr<simdjson::dom::parser> parser_ = std::make_unique<simdjson::dom::parser>();
  simdjson::dom::element root_;
};

template <std::size_t N>
std::array<double, N> JsonValue::numbers() const {
  std::array<double, N> values{};
  std::size_t count = 0;
  for (const simdjson::dom::element value : array()) {
    const double number = count < N ? child(value, {{}, count}).number() : 0;
    if (count < N) values[count] = number;
    ++count;
  }
  if (count != N) fail("must be " + std::to_string(N) + " numbers, not " + std::to_string(count));
  return values;
}

template <class Visit>
void JsonValue::for_each(Visit visit) const {
  std::size_t index = 0;
  for (const simdjson::dom::element value : array()) visit(child(value, {{}, index++}));
}

template <class Visit>
void JsonValue::for_each_member(Visit visit) const {
  for (const auto [key, value] : object()) visit(key, child(value, {}));
}

}  // namespace detforge
