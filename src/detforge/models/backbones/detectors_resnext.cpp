#include "detforge/models/backbones/detectors_resnet.h"

namespace detforge {

/// DetectoRS's ResNeXt: its ResNet with groups in the 3×3 convolutions.
class DetectoRS_ResNeXt : public DetectoRS_ResNet {
 public:
  struct Options : DetectoRS_ResNet::Options {
    std::int64_t groups = 1;
    std::int64_t base_width = 4;
  };
  static Arguments<Options> arguments() {
    return {DetectoRS_ResNet::arguments(), arg(&Options::groups, "groups", "groups of the 3×3 convolutions").at_least(1),
            arg(&Options::base_width, "base_width", "channels of a group in the first stage").at_least(1)};
  }

  DetectoRS_ResNeXt(const Options& options, const BuildContext& context)
      : DetectoRS_ResNet("DetectoRS_ResNeXt", options, options.groups, options.base_width, context) {}
};

DETFORGE_REGISTER(backbones, DetectoRS_ResNeXt,
                  {.name = "DetectoRS_ResNeXt",
                   .python = "mmdet.models.backbones.detectors_resnext.DetectoRS_ResNeXt",
                   .meaning = "ResNeXt of DetectoRS (arXiv 2006.02334)"});

}  // namespace detforge
