#include "detforge/models/backbones/backbone.h"

namespace detforge {

Registry<Backbone>& backbones() {
  static Registry<Backbone> registry("BACKBONES");
  return registry;
}

}  // namespace detforge
