#pragma once

#include "detforge/config/config.h"

namespace detforge {

/// The config that another one names by its path, as `teacher_config` does. Python looks for it from the working folder; where it is not
/// there, it is looked for from each folder above the config that names it, above the working folder, and above those of
/// `DETFORGE_CONFIG_PATH`. Throws `Error` at `path`, a str.
Config named_config(const Value& path);

}  // namespace detforge
