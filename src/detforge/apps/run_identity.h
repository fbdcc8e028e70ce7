#pragma once

#include <string>

#include "detforge/config/config.h"
#include "detforge/registry/build_context.h"

namespace detforge {

/// What detections depend on, as a hash: a run that goes on from another's partial results must have the same. `checkpoint` is a file,
/// whose bytes count, or `random`; `more` is what else there is (device, seed, sources). Throws `Error` where the file can not be read.
std::string run_identity(const Config& config, Reference reference, const std::string& checkpoint, const std::string& more);

}  // namespace detforge
