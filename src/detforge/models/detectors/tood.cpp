#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// TOOD (arXiv 2108.07755).
class TOOD : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  TOOD(const Options& options, const BuildContext& context) : SingleStageDetector("TOOD", options, context) {}
};

DETFORGE_REGISTER(
    detectors, TOOD,
    {.name = "TOOD", .python = "mmdet.models.detectors.tood.TOOD", .meaning = "TOOD (arXiv 2108.07755)", .since = Reference::V2_27});

}  // namespace detforge
