#include "detforge/boxes/coders/bbox_coder.h"

namespace detforge {

Registry<BBoxCoder>& bbox_coders() {
  static Registry<BBoxCoder> registry("BBOX_CODERS");
  return registry;
}

}  // namespace detforge
