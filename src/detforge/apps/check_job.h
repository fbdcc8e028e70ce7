#pragma once

#include <string>
#include <vector>

#include "detforge/config/config.h"
#include "detforge/registry/build_context.h"

namespace detforge {

struct CheckReport {
  std::vector<Diagnostic> findings;  ///< what is wrong
  std::vector<std::string> notes;    ///< what is odd
};

/// Looks for every mistake in a config, the data that it names and a checkpoint (a file; empty: none) before any work, one thing after the
/// other: what is wrong with one hides nothing of the next.
CheckReport check_job(const Config& config, Reference reference, const std::string& checkpoint);

}  // namespace detforge
