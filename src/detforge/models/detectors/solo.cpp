#include "detforge/models/detectors/single_stage_instance_seg.h"

namespace detforge {

/// SOLO (arXiv 1912.04488).
class SOLO : public SingleStageInstanceSegmentor {
 public:
  using Options = SingleStageInstanceSegmentor::Options;
  static Arguments<Options> arguments() { return SingleStageInstanceSegmentor::arguments(); }
  SOLO(const Options& options, const BuildContext& context) : SingleStageInstanceSegmentor("SOLO", options, context) {}
};

DETFORGE_REGISTER(detectors, SOLO,
                  {.name = "SOLO",
                   .python = "mmdet.models.detectors.solo.SOLO",
                   .meaning = "masks by location (arXiv 1912.04488)",
                   .since = Reference::V2_27});

}  // namespace detforge
