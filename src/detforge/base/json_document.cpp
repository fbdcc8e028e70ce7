#include "detforge/base/json_document.h"

#include <cmath>

#include "detforge/base/error.h"
#include "detforge/base/json_fault.h"
#include "detforge/base/mapped_file.h"
#include "detforge/base/text_encoding.h"

namespace detforge {

namespace {

const char* type_name(simdjson::dom::element element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY: return "a list";
    case simdjson::dom::element_type::OBJECT: return "an object";
    case simdjson::dom::element_type::STRING: return "a text";
    case simdjson::dom::element_type::BOOL: return "a truth value";
    case simdjson::dom::element_type::NULL_VALUE: return "null";
    default: return "a number";
  }
}

[[noreturn]] void fail(simdjson::error_code error, std::string_view text, const std::string& name) {
  if (text.empty()) throw Error("the file is empty").at(name);
  if (const auto encoding = wide_encoding(text)) refuse_encoding(*encoding, name);
  const std::optional<JsonFault> fault = find_json_fault(text);
  if (!fault) throw Error(std::string("the file can not be read as JSON: ") + simdjson::error_message(error)).at(name);
  Error wrong("the file is no valid JSON: " + fault->reason);
  wrong.at(name + ":" + std::to_string(fault->line) + ":" + std::to_string(fault->column));
  throw wrong;
}

}  // namespace

std::string JsonValue::place() const {
  std::string text;
  for (std::size_t i = 0; i < depth_; ++i) {
    if (steps_[i].key.empty()) {
      text += "[" + std::to_string(steps_[i].index) + "]";
    } else {
      text += (text.empty() ? "" : ".") + std::string(steps_[i].key);
    }
  }
  return text.empty() ? *document_ : text;
}

void JsonValue::fail(const std::string& message) const {
  Error error(message);
  error.at(place());
  if (depth_ > 0) error.note("in " + *document_);
  throw error;
}

JsonValue JsonValue::child(simdjson::dom::element element, Step step) const {
  JsonValue value = *this;
  value.element_ = element;
  if (depth_ < steps_.size()) value.steps_[value.depth_++] = step;
  return value;
}

simdjson::dom::array JsonValue::array() const {
  simdjson::dom::array array;
  if (element_.get(array) != simdjson::SUCCESS) fail(std::string("must be a list, not ") + type_name(element_));
  return array;
}

std::vector<JsonValue> JsonValue::elements() const {
  std::vector<JsonValue> values;
  for_each([&](const JsonValue& value) { values.push_back(value); });
  return values;
}

std::size_t JsonValue::size() const {
  std::size_t count = 0;
  for ([[maybe_unused]] const simdjson::dom::element value : array()) ++count;
  return count;
}

double JsonValue::number() const {
  double value = 0;
  if (element_.get(value) != simdjson::SUCCESS) fail(std::string("must be a number, not ") + type_name(element_));
  return value;
}

std::int64_t JsonValue::integer() const {
  std::int64_t value = 0;
  if (element_.get(value) == simdjson::SUCCESS) return value;
  const double real = number();
  constexpr double exact = 9007199254740992.0;  // 2^53: beyond it a double is no particular whole number
  if (real != std::floor(real) || std::abs(real) > exact) fail("must be a whole number of at most 64 bits");
  return static_cast<std::int64_t>(real);
}

std::optional<std::uint64_t> JsonValue::large_integer() const {
  if (element_.type() != simdjson::dom::element_type::UINT64) return std::nullopt;
  return element_.get_uint64().value_unsafe();
}

std::string_view JsonValue::text() const {
  std::string_view value;
  if (element_.get(value) != simdjson::SUCCESS) fail(std::string("must be a text, not ") + type_name(element_));
  return value;
}

bool JsonValue::truth() const {
  bool value = false;
  return element_.get(value) == simdjson::SUCCESS ? value : number() != 0;
}

std::vector<double> JsonValue::numbers() const {
  std::vector<double> values;
  for (const simdjson::dom::element element : array()) {
    double value = 0;
    if (element.get(value) != simdjson::SUCCESS) value = child(element, {{}, values.size()}).number();  // which says what is wrong
    values.push_back(value);
  }
  return values;
}

simdjson::dom::object JsonValue::object() const {
  simdjson::dom::object object;
  if (element_.get(object) != simdjson::SUCCESS) fail(std::string("must be an object, not ") + type_name(element_));
  return object;
}

std::string JsonValue::json() const { return simdjson::minify(element_); }

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  simdjson::dom::element member;
  if (object().at_key(key).get(member) != simdjson::SUCCESS || member.is_null()) return std::nullopt;
  return child(member, {key, 0});
}

JsonValue JsonValue::operator[](std::string_view key) const {
  std::optional<JsonValue> member = find(key);
  if (!member) fail("has no '" + std::string(key) + "'");
  return *member;
}

JsonDocument JsonDocument::read(const std::filesystem::path& file) {
  const MappedFile mapped(file);  // says why a file can not be read; its pages are touched where something is wrong
  const std::string_view text(reinterpret_cast<const char*>(mapped.bytes().data()), mapped.bytes().size());
  if (without_byte_order_mark(text).size() < text.size()) return parse(text, file.string());
  JsonDocument document(file.string());
  const simdjson::error_code error = document.parser_->load(file.string()).get(document.root_);
  if (error != simdjson::SUCCESS) fail(error, text, file.string());
  return document;
}

JsonDocument JsonDocument::parse(std::string_view text, std::string name) {
  JsonDocument document(std::move(name));
  text = without_byte_order_mark(text);
  const simdjson::error_code error = document.parser_->parse(text.data(), text.size()).get(document.root_);
  if (error != simdjson::SUCCESS) fail(error, text, *document.name_);
  return document;
}

}  // namespace detforge
