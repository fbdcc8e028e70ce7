#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// AutoAssign (arXiv 2007.03496).
class AutoAssign : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck().without({"init_cfg"}); }
  AutoAssign(const Options& options, const BuildContext& context) : SingleStageDetector("AutoAssign", options, context) {}
};

DETFORGE_REGISTER(detectors, AutoAssign,
                  {.name = "AutoAssign",
                   .python = "mmdet.models.detectors.autoassign.AutoAssign",
                   .meaning = "AutoAssign (arXiv 2007.03496)",
                   .since = Reference::V2_27});

}  // namespace detforge
