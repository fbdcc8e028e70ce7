#include "detforge/models/detectors/two_stage.h"

namespace detforge {

/// PointRend (arXiv 1912.08193): masks that are decided anew where they are uncertain.
class PointRend : public TwoStageDetector {
 public:
  using Options = TwoStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_heads(); }
  PointRend(const Options& options, const BuildContext& context) : TwoStageDetector("PointRend", options, context) {}
};

DETFORGE_REGISTER(detectors, PointRend,
                  {.name = "PointRend",
                   .python = "mmdet.models.detectors.point_rend.PointRend",
                   .meaning = "PointRend (arXiv 1912.08193)"});

}  // namespace detforge
