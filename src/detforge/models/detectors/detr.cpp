#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// DETR (arXiv 2005.12872).
class DETR : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() {
    const Arguments<Options> all{SingleStageDetector::arguments(),
                                 arg(&Options::bbox_head, "bbox_head", required, "features to detections").built_by("HEADS")};
    return all.without({"neck"});
  }
  DETR(const Options& options, const BuildContext& context) : SingleStageDetector("DETR", options, context) {}
};

DETFORGE_REGISTER(detectors, DETR, {.name = "DETR", .python = "mmdet.models.detectors.detr.DETR", .meaning = "DETR (arXiv 2005.12872)"});

}  // namespace detforge
