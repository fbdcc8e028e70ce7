#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// NASFCOS (arXiv 1906.04423).
class NASFCOS : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  NASFCOS(const Options& options, const BuildContext& context) : SingleStageDetector("NASFCOS", options, context) {}
};

DETFORGE_REGISTER(detectors, NASFCOS,
                  {.name = "NASFCOS", .python = "mmdet.models.detectors.nasfcos.NASFCOS", .meaning = "NASFCOS (arXiv 1906.04423)"});

}  // namespace detforge
