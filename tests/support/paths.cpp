#include "tests/support/paths.h"

namespace detforge {

std::filesystem::path source_dir() { return DETFORGE_SOURCE_DIR; }
std::filesystem::path build_dir() { return DETFORGE_BUILD_DIR; }

}  // namespace detforge
