#include "detforge/boxes/iou_calculators/iou_calculator.h"

namespace detforge {

Registry<IoUCalculator>& iou_calculators() {
  static Registry<IoUCalculator> registry("IOU_CALCULATORS");
  return registry;
}

}  // namespace detforge
