#pragma once

#include <array>
#include <string_view>

#include "detforge/config/config.h"

/// What the fuzz target does with an input, and what the suite replays with every recorded one.
namespace detforge::fuzz {

/// The first byte chooses the format and the dialect: so each seed can be read as every kind.
inline void load_config(std::string_view input) {
  if (input.empty()) return;
  constexpr std::array<std::string_view, 3> kExtensions = {".py", ".json", ".yaml"};
  const auto choice = static_cast<unsigned char>(input[0]);
  LoadOptions options;
  options.dialect = (choice & 1U) != 0 ? Dialect::Mmengine : Dialect::Mmcv;
  try {
    // A folder that does not exist: no input can inherit a file of this machine.
    Config::from_text(input.substr(1), kExtensions[(choice >> 1) % kExtensions.size()], "/nonexistent/folder/fuzz.py", options);
  } catch (const Error& error) {
    if (error.message().empty()) throw;
  }
}

}  // namespace detforge::fuzz
