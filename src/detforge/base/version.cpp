#include "detforge/base/version.h"

namespace detforge {

std::string version() { return DETFORGE_VERSION; }

}  // namespace detforge
