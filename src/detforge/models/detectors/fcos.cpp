#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// FCOS (arXiv 1904.01355).
class FCOS : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  FCOS(const Options& options, const BuildContext& context) : SingleStageDetector("FCOS", options, context) {}
};

DETFORGE_REGISTER(detectors, FCOS, {.name = "FCOS", .python = "mmdet.models.detectors.fcos.FCOS", .meaning = "FCOS (arXiv 1904.01355)"});

}  // namespace detforge
