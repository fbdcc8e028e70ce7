#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// YOLOv4 (arXiv 2004.10934) as the seed has it: YOLOv3's parts under another name.
class YOLOV4 : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  YOLOV4(const Options& options, const BuildContext& context) : SingleStageDetector("YOLOV4", options, context) {}
};

DETFORGE_REGISTER(detectors, YOLOV4,
                  {.name = "YOLOV4", .python = "mmdet.models.detectors.yolo.YOLOV4", .meaning = "YOLOv4 (arXiv 2004.10934), the seed's"});

}  // namespace detforge
