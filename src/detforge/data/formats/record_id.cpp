#include "detforge/data/formats/record_id.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace detforge {

RecordId RecordId::read(const JsonValue& value) {
  if (value.is_string()) return RecordId(value.text());
  if (const auto large = value.large_integer()) {
    RecordId id(std::to_string(*large));
    id.kind_ = Kind::Unsigned;
    return id;
  }
  return value.integer();
}

bool RecordId::is_zero() const {
  if (kind_ != Kind::Text) return kind_ == Kind::Number && number_ == 0;
  const std::size_t begin = text_->find_first_not_of(" \t\n+");
  const char* const end = text_->data() + text_->size();
  double number = 1;
  if (begin == std::string::npos) return false;
  const auto [rest, error] = std::from_chars(text_->data() + begin, end, number);
  return error == std::errc() && number == 0 && std::string_view(rest, end).find_first_not_of(" \t\n") == std::string_view::npos;
}

std::strong_ordering operator<=>(const RecordId& a, const RecordId& b) {
  if (a.kind_ != b.kind_) return a.kind_ <=> b.kind_;
  if (a.kind_ == RecordId::Kind::Number) return a.number_ <=> b.number_;
  // Digits of one kind are compared as a number: the longer one is larger.
  if (a.kind_ == RecordId::Kind::Unsigned && a.text_->size() != b.text_->size()) return a.text_->size() <=> b.text_->size();
  return a.text_->compare(*b.text_) <=> 0;
}

void to_json(nlohmann::ordered_json& json, const RecordId& id) {
  switch (id.kind_) {
    case RecordId::Kind::Number: json = id.number_; break;
    case RecordId::Kind::Unsigned: json = nlohmann::ordered_json::parse(*id.text_); break;
    case RecordId::Kind::Text: json = *id.text_; break;
  }
}

}  // namespace detforge
