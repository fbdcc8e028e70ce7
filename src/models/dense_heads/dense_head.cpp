#include "detforge/models/dense_heads/dense_head.h"

namespace detforge {

Registry<DenseHead>& heads() {
  static Registry<DenseHead> registry("HEADS");
  return registry;
}

}  // namespace detforge
