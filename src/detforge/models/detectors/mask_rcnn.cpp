#include "detforge/models/detectors/two_stage.h"

namespace detforge {

/// Mask R-CNN (arXiv 1703.06870).
class MaskRCNN : public TwoStageDetector {
 public:
  using Options = TwoStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_heads(); }
  MaskRCNN(const Options& options, const BuildContext& context) : TwoStageDetector("MaskRCNN", options, context) {}
};

DETFORGE_REGISTER(detectors, MaskRCNN,
                  {.name = "MaskRCNN", .python = "mmdet.models.detectors.mask_rcnn.MaskRCNN", .meaning = "Mask R-CNN (arXiv 1703.06870)"});

}  // namespace detforge
