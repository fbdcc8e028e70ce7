#include "detforge/models/backbones/backbone.h"

namespace detforge {

Registry<Backbone>& backbones() {
  static Registry<Backbone> registry("BACKBONES");
  return registry;
}

std::shared_ptr<Backbone> build_backbone(const Value& config, const BuildContext& context) { return backbones().build(config, context); }

}  // namespace detforge
