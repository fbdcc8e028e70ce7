#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// YOLOv5 as the seed has it: on its CSPDarknet.
class YOLOV5 : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  YOLOV5(const Options& options, const BuildContext& context) : SingleStageDetector("YOLOV5", options, context) {}
};

DETFORGE_REGISTER(detectors, YOLOV5, {.name = "YOLOV5", .python = "mmdet.models.detectors.yolo.YOLOV5", .meaning = "YOLOv5, the seed's"});

}  // namespace detforge
