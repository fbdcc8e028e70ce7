#pragma once

#include <string>
#include <vector>

namespace detforge {

/// COCO's 80 classes in MMDetection's order.
const std::vector<std::string>& coco_classes();

}  // namespace detforge
