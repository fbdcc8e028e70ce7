#include "detforge/models/detectors/two_stage.h"

namespace detforge {

/// Grid R-CNN (arXiv 1811.12030): boxes from the points of a grid.
class GridRCNN : public TwoStageDetector {
 public:
  using Options = TwoStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_heads(); }
  GridRCNN(const Options& options, const BuildContext& context) : TwoStageDetector("GridRCNN", options, context) {}
};

DETFORGE_REGISTER(detectors, GridRCNN,
                  {.name = "GridRCNN", .python = "mmdet.models.detectors.grid_rcnn.GridRCNN", .meaning = "Grid R-CNN (arXiv 1811.12030)"});

}  // namespace detforge
