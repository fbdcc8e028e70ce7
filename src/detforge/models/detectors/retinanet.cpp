#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// RetinaNet (arXiv 1708.02002).
class RetinaNet : public SingleStageDetector {
 public:
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  RetinaNet(const Options& options, const BuildContext& context) : SingleStageDetector("RetinaNet", options, context) {}
};

DETFORGE_REGISTER(detectors, RetinaNet,
                  {.name = "RetinaNet", .python = "mmdet.models.detectors.retinanet.RetinaNet", .meaning = "RetinaNet (arXiv 1708.02002)"});

}  // namespace detforge
