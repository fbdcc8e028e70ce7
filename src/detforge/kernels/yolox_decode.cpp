#include "detforge/kernels/yolox_decode.h"

#include <cmath>

#include "detforge/kernels/sigmoid.h"

namespace detforge::kernels {

void decode_yolox(const YoloxLevel& level, std::int64_t num_classes, double score_thr, Candidates& candidates) {
  const auto cells = static_cast<std::size_t>(level.height * level.width);
  const auto threshold = static_cast<float>(score_thr);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const float objectness = sigmoid(level.objectness[cell]);
    // No class scores more than 1, so most cells are done here.
    if (!(objectness >= threshold)) continue;
    float best = -1;
    std::int64_t label = 0;
    for (std::int64_t k = 0; k < num_classes; ++k) {
      const float score = sigmoid(level.class_scores[static_cast<std::size_t>(k) * cells + cell]);
      if (score > best) {
        best = score;
        label = k;
      }
    }
    const float score = objectness * best;
    if (!(score >= threshold)) continue;
    const auto width = static_cast<std::size_t>(level.width);
    const std::size_t whole_rows = cell / width;
    const auto column = static_cast<float>(cell % width);
    const auto row = static_cast<float>(whole_rows);
    const float x = level.boxes[cell] * level.stride_x_px + column * level.stride_x_px;
    const float y = level.boxes[cells + cell] * level.stride_y_px + row * level.stride_y_px;
    const float half_width = std::exp(level.boxes[2 * cells + cell]) * level.stride_x_px / 2;
    const float half_height = std::exp(level.boxes[3 * cells + cell]) * level.stride_y_px / 2;
    candidates.add({x - half_width, y - half_height, x + half_width, y + half_height}, score, label);
  }
}

}  // namespace detforge::kernels
