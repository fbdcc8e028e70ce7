#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// YOLOv3 (arXiv 1804.02767).
class YOLOV3 : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  YOLOV3(const Options& options, const BuildContext& context) : SingleStageDetector("YOLOV3", options, context) {}
};

DETFORGE_REGISTER(detectors, YOLOV3,
                  {.name = "YOLOV3", .python = "mmdet.models.detectors.yolo.YOLOV3", .meaning = "YOLOv3 (arXiv 1804.02767)"});

}  // namespace detforge
