#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace detforge {

/// Where a text stops being JSON, and why. simdjson, which reads the large files, says neither.
struct JsonFault {
  std::size_t line = 1;    ///< from 1
  std::size_t column = 1;  ///< in bytes, from 1
  std::string reason;      ///< `syntax error while parsing value - invalid literal`
};

/// Nothing where the text is JSON.
std::optional<JsonFault> find_json_fault(std::string_view text);

}  // namespace detforge
