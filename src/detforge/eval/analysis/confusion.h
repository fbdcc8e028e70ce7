#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "detforge/eval/voc/mean_average_precision.h"

namespace detforge {

struct ConfusionOptions {
  double score_threshold = 0.3;
  double iou_threshold = 0.5;
  double nms_iou_threshold = 0;  ///< above 0: NMS within each class first
};

/// How often ground truth of one class was found as another. A detection counts for every ground truth that it overlaps enough.
struct ConfusionMatrix {
  std::size_t classes = 0;
  std::vector<std::uint64_t>
      counts;  ///< [classes + 1, classes + 1] ground truth by row; the last row is background, the last column what was missed

  std::uint64_t at(std::size_t truth, std::size_t found) const { return counts[truth * (classes + 1) + found]; }
};

/// As MMDetection's `confusion_matrix.py` counts; ignored ground truth is left out. Throws `Error` when the two differ in length.
ConfusionMatrix confusion_matrix(std::span<const Detections> detections, std::span<const ImageTruth> truth, std::size_t classes,
                                 const ConfusionOptions& options);

/// Precision, recall and their harmonic mean at a score threshold; 0 where nothing is found.
struct OperatingPoint {
  double score = 0;
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

struct ClassOperation {
  std::size_t truths = 0;
  OperatingPoint given;  ///< at the threshold asked for
  OperatingPoint best;   ///< with the highest F1
};

/// [classes] Detections are matched best score first, each ground truth once (`mean_average_precision`'s rule).
std::vector<ClassOperation> operating_points(std::span<const Detections> detections, std::span<const ImageTruth> truth, std::size_t classes,
                                             const ConfusionOptions& options, std::size_t threads);

/// The matrix in counts, with the classes' names; only rows and columns that have any count.
std::string confusion_text(const ConfusionMatrix& matrix, const std::vector<std::string>& names);
std::string operation_text(const std::vector<ClassOperation>& operations, const std::vector<std::string>& names);

}  // namespace detforge
