#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace detforge {

/// One image's detections as flat columns, in the order that the detector gives them.
struct Detections {
  std::vector<std::array<float, 4>> boxes_xyxy;  ///< [N, 4] pixels of the original image (after rescaling)
  std::vector<float> scores;                     ///< [N]
  std::vector<std::int64_t> labels;              ///< [N] class indices, 0 is the first class

  std::size_t size() const { return boxes_xyxy.size(); }
};

}  // namespace detforge
