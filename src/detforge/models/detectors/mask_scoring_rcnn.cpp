#include "detforge/models/detectors/two_stage.h"

namespace detforge {

/// Mask Scoring R-CNN (arXiv 1903.00241): masks with scores of their own.
class MaskScoringRCNN : public TwoStageDetector {
 public:
  using Options = TwoStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_heads(); }
  MaskScoringRCNN(const Options& options, const BuildContext& context) : TwoStageDetector("MaskScoringRCNN", options, context) {}
};

DETFORGE_REGISTER(detectors, MaskScoringRCNN,
                  {.name = "MaskScoringRCNN",
                   .python = "mmdet.models.detectors.mask_scoring_rcnn.MaskScoringRCNN",
                   .meaning = "Mask Scoring R-CNN (arXiv 1903.00241)"});

}  // namespace detforge
