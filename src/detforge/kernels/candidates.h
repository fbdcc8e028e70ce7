#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "detforge/data/detections.h"
#include "detforge/kernels/nms.h"

namespace detforge::kernels {

/// What a dense head's decoding hands to NMS: one entry per box and class above the threshold.
struct Candidates {
  std::vector<Box> boxes;
  std::vector<float> scores;
  std::vector<std::int64_t> labels;

  void add(const Box& box, float score, std::int64_t label) {
    boxes.push_back(box);
    scores.push_back(score);
    labels.push_back(label);
  }
};

/// Divides the boxes by (x, y, x, y) factors: from the network's input back to the original image.
void rescale(Candidates& candidates, const std::array<float, 4>& scale_factor);

/// The candidates that NMS keeps, highest score first, at most `max_per_img` where that is above 0.
Detections select_detections(const Candidates& candidates, const NmsOptions& nms, std::int64_t max_per_img = -1);

}  // namespace detforge::kernels
