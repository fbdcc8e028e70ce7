#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "detforge/config/format.h"

namespace detforge {
namespace {

/// Text that every reader of YAML 1.1 takes for a string without quotes: it begins with a letter, holds nothing of
/// meaning, and is no word for a truth value or nothing.
bool is_plain(const std::string& text) {
  constexpr std::array<std::string_view, 11> words = {"y", "n", "yes", "no", "true", "false", "on", "off", "null", "inf", "nan"};
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text.front())) == 0) return false;
  const bool harmless = std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '/' || c == '-';
  });
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return harmless && std::find(words.begin(), words.end(), lower) == words.end();
}

std::string quoted(const std::string& text) {
  if (is_plain(text)) return text;
  return nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace);
}

std::string number(const Value& value) {
  const double number = value.as_double();
  if (std::isnan(number)) return ".nan";
  if (std::isinf(number)) return number > 0 ? ".inf" : "-.inf";
  std::string text = repr(value);
  // YAML 1.1 wants a point in a number with an exponent.
  const auto exponent = text.find('e');
  if (exponent != std::string::npos && text.find('.') == std::string::npos) text.insert(exponent, ".0");
  return text;
}

std::string scalar(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::None: return "null";
    case Value::Kind::Int: return repr(value);
    case Value::Kind::Bool: return value.as_bool() ? "true" : "false";
    case Value::Kind::Float: return number(value);
    case Value::Kind::String: return quoted(value.as_string());
    default: return quoted(repr(value));
  }
}

bool is_collection(const Value& value) { return value.is_dict() || value.is_sequence() || value.kind() == Value::Kind::Set; }

bool fits_one_line(const Value& value) {
  return !value.is_dict() && value.size() <= 8 &&
         std::none_of(value.elements().begin(), value.elements().end(), [](const Value& element) { return is_collection(element); });
}

std::string one_line(const Value& sequence) {
  std::string text;
  for (const Value& element : sequence.elements()) text += (text.empty() ? "" : ", ") + scalar(element);
  return "[" + text + "]";
}

/// The lines of a collection; the first one continues the line that is open.
void write(const Value& value, const std::string& indent, std::string& text) {
  const auto write_inner = [&](const Value& item, bool in_list) {
    if (!is_collection(item)) {
      text += " " + scalar(item) + "\n";
    } else if (item.empty()) {
      text += item.is_dict() ? " {}\n" : " []\n";
    } else if (fits_one_line(item)) {
      text += " " + one_line(item) + "\n";
    } else if (in_list) {
      text += " ";
      std::string inner;
      write(item, indent + "  ", inner);
      text += inner.substr(indent.size() + 2);
    } else {
      text += "\n";
      write(item, indent + "  ", text);
    }
  };
  if (value.is_dict()) {
    for (const auto& [key, item] : value.as_dict()) {
      text += indent + (key.is_string() ? quoted(key.as_string()) : scalar(key)) + ":";
      write_inner(item, false);
    }
  } else {
    for (const Value& element : value.elements()) {
      text += indent + "-";
      write_inner(element, true);
    }
  }
}

}  // namespace

std::string format_yaml(const Value& root) {
  if (root.empty()) return "{}\n";
  std::string text;
  write(root, "", text);
  return text;
}

}  // namespace detforge
