#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// RepPoints (arXiv 1904.11490).
class RepPointsDetector : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  RepPointsDetector(const Options& options, const BuildContext& context) : SingleStageDetector("RepPointsDetector", options, context) {}
};

DETFORGE_REGISTER(detectors, RepPointsDetector,
                  {.name = "RepPointsDetector",
                   .python = "mmdet.models.detectors.reppoints_detector.RepPointsDetector",
                   .meaning = "RepPoints (arXiv 1904.11490)"});

}  // namespace detforge
