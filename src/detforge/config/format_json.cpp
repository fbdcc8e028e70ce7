#include <cmath>
#include <nlohmann/json.hpp>

#include "detforge/config/format.h"

namespace detforge {
namespace {

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

std::string scalar(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::None: return "null";
    case Value::Kind::Bool: return value.as_bool() ? "true" : "false";
    case Value::Kind::String: return quoted(value.as_string());
    case Value::Kind::Float: {
      // As Python's json writes what JSON has no word for.
      const double number = value.as_double();
      if (std::isnan(number)) return "NaN";
      if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
      return repr(value);
    }
    case Value::Kind::Bytes: return quoted(repr(value));
    default: return repr(value);
  }
}

void write(const Value& value, const std::string& indent, std::string& text) {
  const std::string inner = indent + "  ";
  const char* separator = "\n";
  if (value.is_dict()) {
    text += "{";
    for (const auto& [key, item] : value.as_dict()) {
      text += separator + inner + quoted(key.is_string() ? key.as_string() : repr(key)) + ": ";
      write(item, inner, text);
      separator = ",\n";
    }
    text += value.empty() ? "}" : "\n" + indent + "}";
  } else if (value.is_sequence() || value.kind() == Value::Kind::Set) {
    text += "[";
    for (const Value& element : value.elements()) {
      text += separator + inner;
      write(element, inner, text);
      separator = ",\n";
    }
    text += value.empty() ? "]" : "\n" + indent + "]";
  } else {
    text += scalar(value);
  }
}

}  // namespace

std::string format_json(const Value& root) {
  std::string text;
  write(root, "", text);
  return text + "\n";
}

}  // namespace detforge
