#include "detforge/boxes/prior_generators/anchor_generator.h"

namespace detforge {

/// The anchors of MMDetection V1.x: sides count both end pixels, corners are rounded. Its models have a center_offset of 0.5.
class LegacyAnchorGenerator : public AnchorGenerator {
 public:
  LegacyAnchorGenerator(const Options& options, const BuildContext&) : AnchorGenerator(options, Convention::InclusivePixels) {}
};

DETFORGE_REGISTER(anchor_generators, LegacyAnchorGenerator,
                  {.name = "LegacyAnchorGenerator",
                   .python = "mmdet.core.anchor.anchor_generator.LegacyAnchorGenerator",
                   .meaning = "AnchorGenerator of models from MMDetection V1.x"});

}  // namespace detforge
