#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// ATSS (arXiv 1912.02424).
class ATSS : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  ATSS(const Options& options, const BuildContext& context) : SingleStageDetector("ATSS", options, context) {}
};

DETFORGE_REGISTER(detectors, ATSS, {.name = "ATSS", .python = "mmdet.models.detectors.atss.ATSS", .meaning = "ATSS (arXiv 1912.02424)"});

}  // namespace detforge
