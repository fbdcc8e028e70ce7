#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// CornerNet (arXiv 1808.01244), and with its head CentripetalNet.
class CornerNet : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  CornerNet(const Options& options, const BuildContext& context) : SingleStageDetector("CornerNet", options, context) {}
};

DETFORGE_REGISTER(detectors, CornerNet,
                  {.name = "CornerNet",
                   .python = "mmdet.models.detectors.cornernet.CornerNet",
                   .meaning = "objects as pairs of corners (arXiv 1808.01244)"});

}  // namespace detforge
