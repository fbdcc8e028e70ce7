#include "detforge/models/detectors/two_stage.h"

namespace detforge {

/// Hybrid Task Cascade (arXiv 1901.07518): masks that pass from stage to stage.
class HybridTaskCascade : public TwoStageDetector {
 public:
  using Options = TwoStageDetector::Options;
  static Arguments<Options> arguments() { return TwoStageDetector::arguments(); }
  HybridTaskCascade(const Options& options, const BuildContext& context) : TwoStageDetector("HybridTaskCascade", options, context) {}
};

DETFORGE_REGISTER(detectors, HybridTaskCascade,
                  {.name = "HybridTaskCascade",
                   .python = "mmdet.models.detectors.htc.HybridTaskCascade",
                   .meaning = "Hybrid Task Cascade (arXiv 1901.07518)"});

}  // namespace detforge
