#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detforge/config/cfg_options.h"
#include "detforge/config/config.h"

/// What the fuzz target does with an input, and what the suite replays with every recorded one.
namespace detforge::fuzz {

/// `--cfg-options`, one a line, for a config with dicts and lists.
inline Config with_options(std::string_view lines) {
  std::vector<std::string> options;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    options.emplace_back(lines.substr(begin, end - begin));
    begin = end + 1;
  }
  Config config = Config::from_text("a = dict(b=dict(c=1), d=[1, dict(e=2), (3, 4)])\nf = [[5], 6]\n", ".py");
  config.merge_from_dict(parse_cfg_options(options));
  return config;
}

/// The first byte chooses the format and the dialect, so that each seed can be read as every kind; its highest bit means options. None
/// for an empty input. Throws `Error`.
inline std::optional<Config> loaded_config(std::string_view input) {
  if (input.empty()) return std::nullopt;
  constexpr std::array<std::string_view, 3> kExtensions = {".py", ".json", ".yaml"};
  const auto choice = static_cast<unsigned char>(input[0]);
  if ((choice & 0x80U) != 0) return with_options(input.substr(1));
  LoadOptions options;
  options.dialect = (choice & 1U) != 0 ? Dialect::Mmengine : Dialect::Mmcv;
  // A folder that does not exist: no input can inherit a file of this machine.
  return Config::from_text(input.substr(1), kExtensions[(choice >> 1) % kExtensions.size()], "/nonexistent/folder/fuzz.py", options);
}

/// A config or an `Error` that says something.
inline void load_config(std::string_view input) {
  try {
    loaded_config(input);
  } catch (const Error& error) {
    if (error.message().empty()) throw;
  }
}

}  // namespace detforge::fuzz
