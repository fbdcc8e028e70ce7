#pragma once

#include "detforge/eval/coco/coco_summary.h"
#include "detforge/eval/results/coco_results.h"

namespace detforge {

enum class CocoType { Bbox, Segm, Proposal };

/// Proposal: boxes whose category does not count, up to 1,000 an image, unless `parameters` says otherwise.
struct CocoOptions {
  CocoType type = CocoType::Bbox;
  MatchParameters parameters = default_match_parameters();
  std::vector<RecordId> image_ids;     ///< empty: all
  std::vector<RecordId> category_ids;  ///< empty: all
  int threads = 0;                     ///< 0: as many as there are cores
};

/// The defaults of a type: pycocotools' for bbox and segm, MMDetection's for proposals.
CocoOptions default_coco_options(CocoType type);

struct CocoEvaluation {
  PrecisionRecall result;
  CocoStats stats{};
  std::vector<CategoryMetrics> per_category;  ///< [categories]; one for proposals
  double evaluate_seconds = 0;                ///< without reading
};

/// `CocoEval`'s evaluate, accumulate and summarize on what was read, equal to pycocotools' to the last bit. Throws `Error` for parameters
/// that can not be.
CocoEvaluation evaluate_coco(const CocoAnnotations& annotations, const CocoResults& results, const CocoOptions& options);

/// The same from the files' content, with `image_ids` and `category_ids` obeyed.
CocoEvaluation evaluate_coco(const JsonDocument& annotations, const JsonDocument& results, const CocoOptions& options);

}  // namespace detforge
