#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// Deformable DETR (arXiv 2010.04159).
class DeformableDETR : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() {
    return {SingleStageDetector::arguments(), arg(&Options::bbox_head, "bbox_head", required, "features to detections").built_by("HEADS")};
  }
  DeformableDETR(const Options& options, const BuildContext& context) : SingleStageDetector("DeformableDETR", options, context) {}
};

DETFORGE_REGISTER(detectors, DeformableDETR,
                  {.name = "DeformableDETR",
                   .python = "mmdet.models.detectors.deformable_detr.DeformableDETR",
                   .meaning = "Deformable DETR (arXiv 2010.04159)",
                   .since = Reference::V2_27});

}  // namespace detforge
