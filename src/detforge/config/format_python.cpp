#include <algorithm>
#include <array>
#include <cmath>

#include "detforge/config/format.h"

namespace detforge {
namespace {

constexpr std::size_t line_width = 100;
constexpr std::array<std::string_view, 35> keywords = {
    "False",  "None",     "True", "and",    "as",      "assert", "async",  "await",  "break", "class",  "continue", "def",
    "del",    "elif",     "else", "except", "finally", "for",    "from",   "global", "if",    "import", "in",       "is",
    "lambda", "nonlocal", "not",  "or",     "pass",    "raise",  "return", "try",    "while", "with",   "yield"};

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); }) &&
         std::find(keywords.begin(), keywords.end(), text) == keywords.end();
}

/// The same with letters of any script, as Python has them in names; blanks, quotes and signs of them are none.
bool is_unicode_name(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = std::string_view(text).substr(i);
    if (static_cast<unsigned char>(text[i]) < 0x80) continue;
    const bool latin_sign = text[i] == '\xC2' || rest.starts_with("\xC3\x97") || rest.starts_with("\xC3\xB7");
    if (latin_sign || rest.starts_with("\xE2\x80") || rest.starts_with("\xE2\x81") || rest.starts_with("\xE3\x80")) return false;
    std::size_t end = i + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
    text.replace(i, end - i, "x");
  }
  return is_name(text);
}

/// Writes values; a root that has names of its own for `dict` or `float` gets along without the functions.
class PythonWriter {
 public:
  explicit PythonWriter(const Value& root)
      : dict_is_taken_(root.contains("dict")), set_is_taken_(root.contains("set")), float_is_taken_(root.contains("float")) {}

  std::string text(const Value& value, std::size_t indent, std::size_t used) const {
    std::string flat = one_line(value);
    if (indent + used + flat.size() <= line_width) return flat;
    switch (value.kind()) {
      case Value::Kind::Dict: return block(open_dict(value), items(value, indent), close_dict(value), indent);
      case Value::Kind::List: return block("[", elements(value, indent), "]", indent);
      case Value::Kind::Tuple: return block("(", elements(value, indent), ")", indent);
      default: return flat;
    }
  }

 private:
  bool by_keywords(const Value& dict) const {
    if (dict_is_taken_ || dict.empty()) return !dict_is_taken_;
    return std::all_of(dict.as_dict().begin(), dict.as_dict().end(),
                       [](const Value::Item& item) { return item.first.is_string() && is_name(item.first.as_string()); });
  }
  std::string open_dict(const Value& dict) const { return by_keywords(dict) ? "dict(" : "{"; }
  std::string close_dict(const Value& dict) const { return by_keywords(dict) ? ")" : "}"; }
  std::string key_text(const Value& dict, const Value& key) const {
    return by_keywords(dict) ? key.as_string() + "=" : one_line(key) + ": ";
  }

  std::string one_line(const Value& value) const {
    switch (value.kind()) {
      case Value::Kind::Float: return number(value);
      case Value::Kind::String: return without_templates(repr(value));
      case Value::Kind::Dict: {
        std::string inside;
        for (const auto& [key, item] : value.as_dict()) inside += (inside.empty() ? "" : ", ") + key_text(value, key) + one_line(item);
        return open_dict(value) + inside + close_dict(value);
      }
      case Value::Kind::List: return "[" + joined(value) + "]";
      case Value::Kind::Tuple: return "(" + joined(value) + (value.size() == 1 ? ",)" : ")");
      case Value::Kind::Set:
        if (!value.empty()) return "{" + joined(value) + "}";
        return set_is_taken_ ? "{0} - {0}" : "set()";
      default: return repr(value);
    }
  }

  std::string joined(const Value& sequence) const {
    std::string text;
    for (const Value& element : sequence.elements()) text += (text.empty() ? "" : ", ") + one_line(element);
    return text;
  }

  std::string number(const Value& value) const {
    const double number = value.as_double();
    if (std::isfinite(number)) return repr(value);
    if (float_is_taken_) return std::isnan(number) ? "(1e999 - 1e999)" : number > 0 ? "1e999" : "-1e999";
    return "float('" + repr(value) + "')";
  }

  /// `{{` would be taken for the beginning of a template when the text is read again.
  static std::string without_templates(std::string text) {
    const std::string cut = std::string("{") + text.back() + ' ' + text.back() + '{';
    for (std::size_t at = 0; (at = text.find("{{", at)) != std::string::npos; at += cut.size() - 1) text.replace(at, 2, cut);
    return text;
  }

  static std::string block(const std::string& open, const std::vector<std::string>& lines, const std::string& close, std::size_t indent) {
    std::string text = open + "\n";
    for (const std::string& line : lines) text += std::string(indent + 4, ' ') + line + ",\n";
    return text + std::string(indent, ' ') + close;
  }

  std::vector<std::string> items(const Value& dict, std::size_t indent) const {
    std::vector<std::string> lines;
    for (const auto& [key, value] : dict.as_dict()) {
      const std::string start = key_text(dict, key);
      lines.push_back(start + text(value, indent + 4, start.size() + 1));
    }
    return lines;
  }

  std::vector<std::string> elements(const Value& sequence, std::size_t indent) const {
    std::vector<std::string> lines;
    for (const Value& element : sequence.elements()) lines.push_back(text(element, indent + 4, 1));
    return lines;
  }

  bool dict_is_taken_;
  bool set_is_taken_;
  bool float_is_taken_;
};

}  // namespace

std::string format_python(const Value& root) {
  const PythonWriter writer(root);
  std::string text;
  for (const auto& [key, value] : root.as_dict()) {
    if (!key.is_string() || !is_unicode_name(key.as_string())) {
      throw Error("the top-level key " + repr(key) + " is no Python name; print the config as json or yaml").at(value.location());
    }
    text += key.as_string() + " = " + writer.text(value, 0, key.as_string().size() + 3) + "\n";
  }
  return text;
}

}  // namespace detforge
