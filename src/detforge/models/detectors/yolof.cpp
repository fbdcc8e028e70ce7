#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// YOLOF (arXiv 2103.09460).
class YOLOF : public SingleStageDetector {
 public:
  using Options = SingleStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_neck().without({"init_cfg"}); }
  YOLOF(const Options& options, const BuildContext& context) : SingleStageDetector("YOLOF", options, context) {}
};

DETFORGE_REGISTER(
    detectors, YOLOF,
    {.name = "YOLOF", .python = "mmdet.models.detectors.yolof.YOLOF", .meaning = "YOLOF (arXiv 2103.09460)", .since = Reference::V2_27});

}  // namespace detforge
