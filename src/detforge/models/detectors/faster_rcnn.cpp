#include "detforge/models/detectors/two_stage.h"

namespace detforge {

/// Faster R-CNN (arXiv 1506.01497).
class FasterRCNN : public TwoStageDetector {
 public:
  using Options = TwoStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_heads(); }
  FasterRCNN(const Options& options, const BuildContext& context) : TwoStageDetector("FasterRCNN", options, context) {}
};

DETFORGE_REGISTER(detectors, FasterRCNN,
                  {.name = "FasterRCNN",
                   .python = "mmdet.models.detectors.faster_rcnn.FasterRCNN",
                   .meaning = "Faster R-CNN (arXiv 1506.01497)"});

}  // namespace detforge
