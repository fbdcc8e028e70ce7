#include "detforge/models/roi_heads/shared_heads/shared_head.h"

namespace detforge {

Registry<nn::Layer>& shared_heads() {
  static Registry<nn::Layer> registry("SHARED_HEADS");
  return registry;
}

}  // namespace detforge
