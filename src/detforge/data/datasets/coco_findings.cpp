#include "detforge/data/datasets/coco_findings.h"

#include <algorithm>

namespace detforge {

MaskAnnotation mask_or_note(const JsonValue& record, AnnotationFindings& findings) {
  const auto segmentation = record.find("segmentation");
  if (!segmentation) return {};
  try {
    MaskAnnotation mask = read_coco_segmentation(*segmentation);
    if (const auto* polygons = std::get_if<Polygons>(&mask)) {
      const auto encloses_nothing = [](const std::vector<double>& polygon) { return polygon.size() < 6; };
      if (std::any_of(polygons->begin(), polygons->end(), encloses_nothing)) {
        findings.note("masks have polygons of fewer than three points", segmentation->place(), record.document());
      }
    }
    return mask;
  } catch (const Error& error) {
    const Diagnostic& wrong = error.diagnostics().front();
    findings.note("masks that can not be read are left out, their boxes stay", wrong.place + " (" + wrong.message + ")", record.document());
    return {};
  }
}

}  // namespace detforge
