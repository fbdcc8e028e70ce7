#include "detforge/models/detectors/single_stage_instance_seg.h"

namespace detforge {

/// SOLOv2 (arXiv 2003.10152).
class SOLOv2 : public SingleStageInstanceSegmentor {
 public:
  using Options = SingleStageInstanceSegmentor::Options;
  static Arguments<Options> arguments() { return SingleStageInstanceSegmentor::arguments(); }
  SOLOv2(const Options& options, const BuildContext& context) : SingleStageInstanceSegmentor("SOLOv2", options, context) {}
};

DETFORGE_REGISTER(detectors, SOLOv2,
                  {.name = "SOLOv2",
                   .python = "mmdet.models.detectors.solov2.SOLOv2",
                   .meaning = "masks by location (arXiv 2003.10152)",
                   .since = Reference::V2_27});

}  // namespace detforge
