#include "detforge/models/detectors/two_stage.h"

namespace detforge {

/// SCNet (arXiv 2012.10150): masks of the same regions in training and testing.
class SCNet : public TwoStageDetector {
 public:
  using Options = TwoStageDetector::Options;
  static Arguments<Options> arguments() { return TwoStageDetector::arguments(); }
  SCNet(const Options& options, const BuildContext& context) : TwoStageDetector("SCNet", options, context) {}
};

DETFORGE_REGISTER(
    detectors, SCNet,
    {.name = "SCNet", .python = "mmdet.models.detectors.scnet.SCNet", .meaning = "SCNet (arXiv 2012.10150)", .since = Reference::V2_27});

}  // namespace detforge
