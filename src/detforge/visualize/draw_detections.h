#pragma once

#include <opencv2/core/mat.hpp>
#include <span>
#include <string>

#include "detforge/data/detections.h"

namespace detforge {

struct DrawOptions {
  double score_threshold = 0.3;  ///< detections below it are not drawn
  int line_width_px = 0;         ///< 0: by the image's size
  double font_scale = 0;         ///< of OpenCV's Hershey font, 1 is about 22 px high; 0: by the image's size
  bool show_labels = true;       ///< `car|0.87` at each box, in black or white on the class's colour
  bool show_scores = true;       ///< else `car`, for ground truth
};

/// A copy of the image, 8-bit BGR, with masks, boxes and labels drawn as MMDetection shows a result: one colour a class, the
/// best detection on top. Lines and texts grow with the image; labels lie inside it, and off each other where there is room. `classes` may
/// be shorter than the labels need: the number stands for the name then. `image`: 8-bit with 1, 3 or 4 channels. Boxes may lie outside of
/// it; those that are not finite are left out, and masks whose boxes are all 0 get boxes around them. Throws `Error` for another image, or
/// a mask that is not of its size.
cv::Mat draw_detections(const cv::Mat& image, const Detections& detections, std::span<const std::string> classes,
                        const DrawOptions& options = {});

}  // namespace detforge
