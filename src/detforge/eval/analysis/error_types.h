#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "detforge/eval/voc/mean_average_precision.h"

namespace detforge {

/// What is wrong with a detection (TIDE: Bolya et al., A General Toolbox for Identifying Object Detection Errors, ECCV 2020).
enum class DetectionError {
  Class,       ///< right place, another class
  Location,    ///< right class, overlaps too little
  Both,        ///< another class, and overlaps too little
  Duplicate,   ///< found before
  Background,  ///< nothing is there
  Missed       ///< ground truth that nothing came near
};
constexpr std::size_t detection_errors = 6;
const std::array<std::string_view, detection_errors>& detection_error_names();

struct ErrorTypes {
  double precision = 0;  ///< mean AP at IoU 0.5, area below the curve
  std::array<std::size_t, detection_errors> count{};
  std::array<double, detection_errors> gain{};  ///< of mean AP if errors of that type alone were put right
  double gain_without_false_positives = 0;
  double gain_without_missed = 0;
};

/// A detection is right from an overlap of 0.5 on, and near ground truth from 0.1 on. Throws `Error` when the two differ in length.
ErrorTypes error_types(std::span<const Detections> detections, std::span<const ImageTruth> truth, std::size_t classes);

}  // namespace detforge
