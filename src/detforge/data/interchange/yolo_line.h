#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "detforge/data/interchange/labeled_images.h"

namespace detforge {

/// What a line of YOLO's text file says.
struct YoloLine {
  LabeledObject object;         ///< box and polygon in pixels of the image
  bool has_score = false;       ///< a detection's, as sixth number
  bool has_key_points = false;  ///< behind the box, `x y` or `x y visibility` each
};

/// Points and numbers of each that a data set's YAML gives as `kpt_shape`.
struct KeyPointShape {
  std::size_t points = 0;
  std::size_t numbers = 0;
};

/// `label x y width height`, also with a score or key points behind it, or a label and a polygon; x, y, width and height as shares of the
/// image's `size` (px). Where `key_points` does not say it, numbers of 0, 1 and 2 in every third place mean key points. Throws `Error`
/// (without a place) for what is none of these, a label that is not below `classes`, and numbers that are no shares.
YoloLine parse_yolo_line(const std::string& line, const ImageSize& size, std::size_t classes,
                         const std::optional<KeyPointShape>& key_points);

}  // namespace detforge
