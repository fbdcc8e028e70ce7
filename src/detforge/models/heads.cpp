#include "detforge/models/heads.h"

namespace detforge {

Registry<nn::Module>& heads() {
  static Registry<nn::Module> registry("HEADS");
  return registry;
}

}  // namespace detforge
