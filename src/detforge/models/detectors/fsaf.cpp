#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// FSAF (arXiv 1903.00621).
class FSAF : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  FSAF(const Options& options, const BuildContext& context) : SingleStageDetector("FSAF", options, context) {}
};

DETFORGE_REGISTER(detectors, FSAF, {.name = "FSAF", .python = "mmdet.models.detectors.fsaf.FSAF", .meaning = "FSAF (arXiv 1903.00621)"});

}  // namespace detforge
