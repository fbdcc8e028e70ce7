#pragma once

#include <span>
#include <string>
#include <string_view>

#include "detforge/data/detections.h"

namespace detforge {

/// Builds the JSON list that `detect --json` writes, one object a detection:
/// `{"file_name", "label", "class", "bbox": [x, y, w, h], "score"}`, and `"segmentation"` where there are masks: COCO's compressed run
/// lengths. Widths and heights are differences in double;
/// every number reads back equal.
class DetectionsJson {
 public:
  /// Detections below `score_threshold` are left out; `classes` may be empty (then "class" is the label's number).
  DetectionsJson(std::span<const std::string> classes, double score_threshold) : classes_(classes), score_threshold_(score_threshold) {}

  void add(std::string_view file_name, const Detections& detections);
  /// The whole list so far, one detection a line.
  std::string text() const;

 private:
  std::span<const std::string> classes_;
  double score_threshold_;
  std::string items_;
};

/// The name of class `label`, or its number when there are no names.
std::string class_name(std::span<const std::string> classes, std::int64_t label);

}  // namespace detforge
