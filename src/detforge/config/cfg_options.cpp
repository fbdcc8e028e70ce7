#include "detforge/config/cfg_options.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "detforge/config/limits.h"

namespace detforge {
namespace {

constexpr std::string_view white_space = " \t\n\r\f\v";

std::string_view stripped(std::string_view text, std::string_view characters) {
  const auto first = text.find_first_not_of(characters);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(characters) - first + 1);
}

/// Digits of Python numbers: underscores may stand between two of them.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      digits += text[i];
      continue;
    }
    const auto is_digit = [&](std::size_t at) { return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; };
    if (i == 0 || !is_digit(i - 1) || !is_digit(i + 1)) return std::nullopt;
  }
  return digits;
}

/// Decimal digits of full width (U+FF10 and on), which Python counts as digits, become ASCII's.
std::string with_ascii_digits(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool wide = text.substr(i, 2) == "\xEF\xBC" && i + 2 < text.size() && text[i + 2] >= '\x90' && text[i + 2] <= '\x99';
    plain += wide ? static_cast<char>('0' + (text[i + 2] - '\x90')) : text[i];
    if (wide) i += 2;
  }
  return plain;
}

std::optional<Value> parse_int(const std::string& text, const SourceRange& place) {
  const bool signed_text = !text.empty() && (text.front() == '+' || text.front() == '-');
  const std::string_view digits = std::string_view(text).substr(signed_text ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  std::int64_t number = 0;
  const char* begin = text.front() == '+' ? text.data() + 1 : text.data();
  if (std::from_chars(begin, text.data() + text.size(), number).ec != std::errc()) {
    throw Error("the number " + text + " does not fit into 64 bits").at(place);
  }
  return number;
}

std::optional<Value> parse_float(const std::string& text) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string_view name = stripped(lower, "+-");
  const bool named = (name == "inf" || name == "infinity" || name == "nan") && lower.size() <= name.size() + 1;
  // strtod would also take hexadecimal numbers and "nan(…)".
  if (!named && lower.find_first_not_of("0123456789+-.e") != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(lower.c_str(), &end);
  if (lower.empty() || end != lower.c_str() + lower.size()) return std::nullopt;
  return number;
}

Value parse_scalar(std::string_view text, const SourceRange& place) {
  if (const auto digits = without_underscores(with_ascii_digits(stripped(text, white_space)))) {
    if (auto number = parse_int(*digits, place)) return *number;
    if (auto number = parse_float(*digits)) return *number;
  }
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "true") return true;
  if (lower == "false") return false;
  if (text == "None") return nullptr;
  return text;
}

/// Where the next comma stands that is outside of all brackets; the end of the text if there is none.
std::size_t next_comma(std::string_view text, const SourceRange& place) {
  int round = 0, square = 0;
  std::size_t comma = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    round += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    square += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
    if (text[i] == ',' && round == 0 && square == 0 && comma == text.size()) comma = i;
  }
  if (round != 0 || square != 0) throw Error("brackets do not match in '" + std::string(text) + "'").at(place);
  return comma;
}

Value parse_value(std::string_view raw, const SourceRange& place, int depth) {
  if (depth > static_cast<int>(limits::kValueNesting)) throw Error("lists are nested too deeply").at(place);
  std::string text(stripped(raw, "'\""));
  std::erase(text, ' ');
  std::string_view rest = text;
  const auto enclosed = [&](char open, char close) { return !text.empty() && text.front() == open && text.back() == close; };
  const bool is_tuple = enclosed('(', ')');
  if (is_tuple || enclosed('[', ']')) {
    rest = rest.size() < 2 ? std::string_view() : rest.substr(1, rest.size() - 2);
  } else if (rest.find(',') == std::string_view::npos) {
    return parse_scalar(rest, place);
  }
  Value::Elements elements;
  while (!rest.empty()) {
    const std::string_view element = rest.substr(0, next_comma(rest, place));
    if (element.size() == text.size()) {
      throw Error("the elements of '" + text + "' can not be told apart").at(place).help("put brackets around them: [" + text + "]");
    }
    elements.push_back(parse_value(element, place, depth + 1));
    rest.remove_prefix(std::min(element.size() + 1, rest.size()));
  }
  Value value = is_tuple ? Value::tuple(std::move(elements)) : Value::list(std::move(elements));
  value.set_location(place);
  return value;
}

}  // namespace

Value parse_cfg_options(std::span<const std::string> options, const std::string& option_name) {
  Value parsed = Value::dict();
  for (const std::string& option : options) {
    const auto source = std::make_shared<Source>(Source{option_name, option});
    const auto range = [&](std::size_t begin, std::size_t end) {
      return SourceRange{source, 1, static_cast<std::uint32_t>(begin + 1),
                         static_cast<std::uint32_t>(std::max<std::size_t>(end - begin, 1))};
    };
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos) {
      throw Error("'" + option + "' has no '='", ErrorKind::Usage)
          .at(range(0, option.size()))
          .help("write KEY=VALUE, as in model.backbone.depth=50");
    }
    const SourceRange place = range(equals + 1, option.size());
    Value value = parse_value(std::string_view(option).substr(equals + 1), place, 0);
    value.set_location(place);
    parsed[option.substr(0, equals)] = std::move(value);
  }
  return parsed;
}

}  // namespace detforge
