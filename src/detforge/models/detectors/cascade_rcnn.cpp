#include "detforge/models/detectors/two_stage.h"

namespace detforge {

/// Cascade R-CNN (arXiv 1906.09756).
class CascadeRCNN : public TwoStageDetector {
 public:
  using Options = TwoStageDetector::Options;
  static Arguments<Options> arguments() { return TwoStageDetector::arguments(); }
  CascadeRCNN(const Options& options, const BuildContext& context) : TwoStageDetector("CascadeRCNN", options, context) {}
};

DETFORGE_REGISTER(detectors, CascadeRCNN,
                  {.name = "CascadeRCNN",
                   .python = "mmdet.models.detectors.cascade_rcnn.CascadeRCNN",
                   .meaning = "Cascade R-CNN (arXiv 1906.09756)"});

}  // namespace detforge
