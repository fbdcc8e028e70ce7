#pragma once

#include <CLI/CLI.hpp>

namespace detforge::cli {

/// Has every subcommand, before it does any work, refuse an output (`--out`, `--json`, `--svg`, OUT) that is one of the files named as its
/// inputs. What lies within folders the commands check themselves.
void guard_inputs(CLI::App& program);

}  // namespace detforge::cli
