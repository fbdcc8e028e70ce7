#pragma once

#include <string>

namespace detforge {

/// `0.1.0`
std::string version();

}  // namespace detforge
