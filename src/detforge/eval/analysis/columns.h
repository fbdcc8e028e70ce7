#pragma once

#include <span>
#include <vector>

#include "detforge/eval/voc/average_precision.h"
#include "detforge/eval/voc/mean_average_precision.h"

/// Average precision as COCO defines it (IoU 0.5 to 0.95, up to 100 detections a class) of any choice of images.
namespace detforge {

struct EvaluationColumns {
  TruthColumns truth;
  DetectionColumns detections;
};

/// The records of `images` (indices, which may repeat), as images 0, 1, …; ignored ground truth becomes crowds.
EvaluationColumns columns_of(std::span<const Detections> detections, std::span<const ImageTruth> truth,
                             std::span<const std::size_t> images);

/// [classes] AP; NaN without ground truth.
std::vector<double> class_precisions(std::span<const Detections> detections, std::span<const ImageTruth> truth,
                                     std::span<const std::size_t> images, std::size_t classes, std::size_t threads);

/// [images] the mean AP of each image's own classes; NaN without ground truth.
std::vector<double> image_precisions(std::span<const Detections> detections, std::span<const ImageTruth> truth, std::size_t classes,
                                     std::size_t threads);

/// The mean over what is no NaN; NaN over nothing.
double mean_of_present(std::span<const double> values);

}  // namespace detforge
