#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// VFNet (arXiv 2008.13367).
class VFNet : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck(); }
  VFNet(const Options& options, const BuildContext& context) : SingleStageDetector("VFNet", options, context) {}
};

DETFORGE_REGISTER(detectors, VFNet,
                  {.name = "VFNet", .python = "mmdet.models.detectors.vfnet.VFNet", .meaning = "VFNet (arXiv 2008.13367)"});

}  // namespace detforge
