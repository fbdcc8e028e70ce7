#pragma once

#include "detforge/data/datasets/annotation_findings.h"
#include "detforge/data/formats/coco_json.h"

/// Reading records of COCO's layout where one that is wrong does not spoil the others.
namespace detforge {

/// The record's `segmentation`, nothing where there is none. Boxes do not depend on it: what can not be read is left out and noted, and so
/// are polygons that enclose nothing.
MaskAnnotation mask_or_note(const JsonValue& record, AnnotationFindings& findings);

}  // namespace detforge
