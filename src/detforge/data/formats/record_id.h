#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "detforge/base/json_document.h"

namespace detforge {

/// What COCO's layout calls an image, category or annotation by: a whole number of 64 bits, with a sign or without, or a text. Ordered as
/// NumPy sorts them: numbers by size, texts by their code points; where both occur, numbers come first.
class RecordId {
 public:
  RecordId() = default;
  RecordId(std::int64_t number) : number_(number) {}  // NOLINT(google-explicit-constructor): nearly all ids are such numbers
  explicit RecordId(std::string_view text) : kind_(Kind::Text), text_(std::make_shared<const std::string>(text)) {}

  /// Throws `Error` at the value's place where it is neither.
  static RecordId read(const JsonValue& value);

  bool is_text() const { return kind_ == Kind::Text; }
  /// Whether Python's `float(id)` is 0: pycocotools keeps matches in an array of numbers and takes such a one for none.
  bool is_zero() const;
  /// Digits, or the text itself.
  std::string text() const { return text_ ? *text_ : std::to_string(number_); }

  std::size_t hash() const noexcept { return text_ ? std::hash<std::string>()(*text_) : std::hash<std::int64_t>()(number_); }

  friend bool operator==(const RecordId& a, const RecordId& b) { return (a <=> b) == 0; }
  friend std::strong_ordering operator<=>(const RecordId& a, const RecordId& b);
  /// As a number or a text.
  friend void to_json(nlohmann::ordered_json& json, const RecordId& id);

 private:
  enum class Kind : std::uint8_t { Number, Unsigned, Text };

  std::int64_t number_ = 0;
  Kind kind_ = Kind::Number;
  std::shared_ptr<const std::string> text_;  ///< digits of a number of more than 63 bits, or the text
};

}  // namespace detforge

template <>
struct std::hash<detforge::RecordId> {
  std::size_t operator()(const detforge::RecordId& id) const noexcept { return id.hash(); }
};
