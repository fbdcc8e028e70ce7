#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Python's format specification mini-language, `[[fill]align][sign][#][0][width][grouping][.precision][type]`.
namespace detforge::python {

struct FormatSpec {
  std::string fill = " ";
  char align = '\0';  // '<', '>', '^', '=' or none
  char sign = '-';
  bool alternate = false;
  std::size_t width = 0;
  char grouping = '\0';  // ',' or '_'
  std::optional<int> precision;
  char type = '\0';
};

/// ValueError where the text is none, or width or precision are beyond what a config may make.
FormatSpec parse_format_spec(std::string_view text);

std::string format_integer(std::int64_t value, const FormatSpec& spec);
std::string format_float(double value, const FormatSpec& spec);
std::string format_text(std::string_view value, const FormatSpec& spec);

}  // namespace detforge::python
