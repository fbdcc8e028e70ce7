#pragma once

#include <cstdint>
#include <span>

#include "detforge/kernels/candidates.h"

namespace detforge::kernels {

/// One level of one image as YOLOX's head gives it, before any sigmoid.
struct YoloxLevel {
  std::span<const float> class_scores;  ///< [num_classes, height, width]
  std::span<const float> boxes;         ///< [4, height, width]: centre relative to the cell's corner in cells, log of the size in cells
  std::span<const float> objectness;    ///< [1, height, width]
  std::int64_t height = 0;
  std::int64_t width = 0;
  float stride_x_px = 0;
  float stride_y_px = 0;
};

/// Appends the box of every cell whose best class score × objectness is at least `score_thr`, with that class.
void decode_yolox(const YoloxLevel& level, std::int64_t num_classes, double score_thr, Candidates& candidates);

}  // namespace detforge::kernels
