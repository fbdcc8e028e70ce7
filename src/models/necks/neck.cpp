#include "detforge/models/necks/neck.h"

namespace detforge {

Registry<Neck>& necks() {
  static Registry<Neck> registry("NECKS");
  return registry;
}

std::shared_ptr<Neck> build_neck(const Value& config, const BuildContext& context) { return necks().build(config, context); }

}  // namespace detforge
