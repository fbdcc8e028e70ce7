#include <ostream>

#include "detforge/config/config.h"

namespace detforge {

std::ostream& operator<<(std::ostream& out, const Config& config) {
  return out << "Config (path: " << (config.filename().empty() ? "None" : config.filename()) << "): " << config.root();
}

}  // namespace detforge
