#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "detforge/data/masks/rle.h"

namespace detforge {

/// `{x1, y1, x2, y2}` in pixels.
using BoxXyxy = std::array<float, 4>;

/// One image's detections as flat columns, in the order that the detector gives them.
struct Detections {
  std::vector<BoxXyxy> boxes_xyxy;      ///< [N, 4] pixels of the original image (after rescaling)
  std::vector<float> scores;            ///< [N]
  std::vector<std::int64_t> labels;     ///< [N] class indices, 0 is the first class
  std::vector<Rle> masks = {};          ///< [N], each of the original image's size; empty where the model gives none
  std::vector<float> mask_scores = {};  ///< [N], what Mask Scoring R-CNN thinks of its masks; else empty

  std::size_t size() const { return boxes_xyxy.size(); }
};

}  // namespace detforge
