#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "detforge/base/error.h"

/// Mistakes in the command line, told in the same shape as all others.
namespace detforge::cli {

/// What CLI11 found wrong, with the nearest command or option and the `--help` that lists them.
Error usage_error(const CLI::App& program, const CLI::ParseError& error);

/// Accepts one of the names: `'jsn' is none of py, json; did you mean 'json'?`
CLI::Validator one_of(std::vector<std::string> names);

/// Accepts whole numbers from `minimum` on: `'x' is no whole number of at least 1`.
CLI::Validator at_least(std::int64_t minimum);

}  // namespace detforge::cli
