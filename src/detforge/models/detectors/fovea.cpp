#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// FOVEA (arXiv 1904.03797).
class FOVEA : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  FOVEA(const Options& options, const BuildContext& context) : SingleStageDetector("FOVEA", options, context) {}
};

DETFORGE_REGISTER(detectors, FOVEA,
                  {.name = "FOVEA", .python = "mmdet.models.detectors.fovea.FOVEA", .meaning = "FOVEA (arXiv 1904.03797)"});

}  // namespace detforge
