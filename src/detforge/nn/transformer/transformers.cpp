#include "detforge/nn/transformer/transformers.h"

namespace detforge::nn {

Registry<Module>& transformers() {
  static Registry<Module> registry("TRANSFORMER");
  return registry;
}

}  // namespace detforge::nn
