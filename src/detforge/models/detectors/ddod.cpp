#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// DDOD (arXiv 2107.02963).
class DDOD : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  DDOD(const Options& options, const BuildContext& context) : SingleStageDetector("DDOD", options, context) {}
};

DETFORGE_REGISTER(
    detectors, DDOD,
    {.name = "DDOD", .python = "mmdet.models.detectors.ddod.DDOD", .meaning = "DDOD (arXiv 2107.02963)", .since = Reference::V2_27});

}  // namespace detforge
