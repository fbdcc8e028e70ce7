#pragma once

#include <cstdint>
#include <span>

#include "detforge/kernels/candidates.h"

namespace detforge::kernels {

/// One level of one image as YOLOv3's head gives it.
struct Yolov3Level {
  std::span<const float> predictions;  ///< [A·(5 + num_classes), height, width]: x, y, w, h, objectness, classes, before any sigmoid
  std::span<const Box> anchors;        ///< [height·width·A], xyxy px, the anchors of a cell one after the other
  std::int64_t height = 0;
  std::int64_t width = 0;
  float stride_px = 0;
};

struct Yolov3Thresholds {
  double score_thr = 0;
  double conf_thr = -1;         ///< smallest objectness, where this is above 0
  std::int64_t nms_pre = -1;    ///< at most so many places per level, by objectness, where this is above 0
  bool score_is_final = false;  ///< `score_thr` holds for class score × objectness (v2.8), not for the class score alone (v2.27)
};

/// Appends the boxes of one level, class by class.
void decode_yolov3(const Yolov3Level& level, std::int64_t num_classes, const Yolov3Thresholds& thresholds, Candidates& candidates);

}  // namespace detforge::kernels
