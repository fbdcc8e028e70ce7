#pragma once

#include "detforge/eval/coco/coco_annotations.h"

namespace detforge {

/// Results in COCO's layout: a list of `{image_id, category_id, score, bbox [x, y, w, h]` and/or `segmentation}`.
struct CocoResults {
  DetectionColumns detections;
  AnnotationFindings findings = {};  ///< records that take no part
};

/// As pycocotools' `loadRes` does: if the first record has a box, boxes give all areas (of masks too); else masks give boxes and areas. A
/// box alone is, `with_masks`, its own mask. Throws `Error` that names the record for what is missing or wrong, such as an image that the
/// annotations do not have.
CocoResults read_coco_results(const JsonDocument& document, const CocoAnnotations& annotations, bool with_masks);

/// The order of the categories that are left. Where categories do not count, pycocotools takes detections of equal scores in it.
enum class CategoryOrder { ById, AsListed };

/// Leaves out every image and category whose id is not listed; an empty list leaves all as they are.
void restrict_to(const std::vector<RecordId>& image_ids, const std::vector<RecordId>& category_ids, CategoryOrder order,
                 CocoAnnotations& annotations, CocoResults& results);

}  // namespace detforge
