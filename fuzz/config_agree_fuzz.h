#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "detforge/config/config.h"
#include "detforge/config/format.h"
#include "fuzz/config_fuzz.h"

namespace detforge::fuzz {

/// Whatever config the evaluator makes, `--format py` prints (or refuses), and the evaluator makes the same of what is printed. False, or
/// an `Error`, where it does not.
inline bool printed_config_agrees(std::string_view input) {
  std::string printed;
  std::optional<Config> config;
  try {
    config = loaded_config(input);
    if (!config) return true;
    printed = format_python(config->root());
  } catch (const Error&) {
    return true;  // no config, or one with a key that Python can not name
  }
  // Printed is what a file may hold: names with two underscores, keys that bases are told by and braces of templates are read, not kept.
  for (const char* read : {"__", "_base_", "_delete_", "{{", "_scope_"}) {
    if (printed.find(read) != std::string::npos) return true;
  }
  return Config::from_text(printed, ".py", "/nonexistent/folder/printed.py").root() == config->root();
}

}  // namespace detforge::fuzz
