#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// CenterNet (arXiv 1904.07850).
class CenterNet : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  CenterNet(const Options& options, const BuildContext& context) : SingleStageDetector("CenterNet", options, context) {}
};

DETFORGE_REGISTER(detectors, CenterNet,
                  {.name = "CenterNet",
                   .python = "mmdet.models.detectors.centernet.CenterNet",
                   .meaning = "objects as peaks of a heat map (arXiv 1904.07850)",
                   .since = Reference::V2_27});

}  // namespace detforge
