#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// GFL (arXiv 2006.04388).
class GFL : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  GFL(const Options& options, const BuildContext& context) : SingleStageDetector("GFL", options, context) {}
};

DETFORGE_REGISTER(detectors, GFL, {.name = "GFL", .python = "mmdet.models.detectors.gfl.GFL", .meaning = "GFL (arXiv 2006.04388)"});

}  // namespace detforge
