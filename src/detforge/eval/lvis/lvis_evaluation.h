#pragma once

#include <string>
#include <utility>
#include <vector>

#include "detforge/eval/coco/coco_summary.h"
#include "detforge/eval/results/coco_results.h"

namespace detforge {

struct LvisOptions {
  bool with_masks = false;
  std::size_t max_detections = 300;  ///< of an image, over all categories
  int threads = 0;                   ///< 0: as many as there are cores
};

struct LvisEvaluation {
  PrecisionRecall result;
  std::vector<NamedMetric>
      metrics;  ///< AP, AP50 … APr, APc, APf, AR@300 … ARl@300, as the lvis package names them; -1 where there is nothing
  std::vector<CategoryMetrics> per_category;  ///< [categories]
  double evaluate_seconds = 0;                ///< without reading
};

/// AP on a federated dataset, as the lvis package has it: an image's detections count only for categories that are annotated in it or known
/// to be absent, and not as false positives where a category is not annotated exhaustively. The annotations are read with
/// `AnnotationStyle::Lvis`. Throws `Error` when a category has no frequency r, c or f.
LvisEvaluation evaluate_lvis(CocoAnnotations annotations, CocoResults results, const LvisOptions& options);

/// The lines that the lvis package prints.
std::string lvis_text(const std::vector<NamedMetric>& metrics, std::size_t max_detections);

}  // namespace detforge
