#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// PAA (arXiv 2007.08103).
class PAA : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  PAA(const Options& options, const BuildContext& context) : SingleStageDetector("PAA", options, context) {}
};

DETFORGE_REGISTER(detectors, PAA, {.name = "PAA", .python = "mmdet.models.detectors.paa.PAA", .meaning = "PAA (arXiv 2007.08103)"});

}  // namespace detforge
