#include "detforge/models/necks/neck.h"

namespace detforge {

Registry<Neck>& necks() {
  static Registry<Neck> registry("NECKS");
  return registry;
}

}  // namespace detforge
