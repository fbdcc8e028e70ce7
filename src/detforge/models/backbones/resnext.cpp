#include "detforge/models/backbones/resnet.h"
#include "detforge/models/blocks/bottleneck.h"

namespace detforge {

/// ResNeXt (arXiv 1611.05431): a ResNet whose 3×3 convolutions have groups. Its blocks never fall back from dcn: Python
/// looks for `fallback_on_stride` twice, and the second time it is gone.
class ResNeXt : public ResNet {
 public:
  struct Options : ResNet::Options {
    std::int64_t groups = 1;
    std::int64_t base_width = 4;
  };
  static Arguments<Options> arguments() {
    return {ResNet::arguments(), arg(&Options::groups, "groups", "groups of the 3×3 convolutions").at_least(1),
            arg(&Options::base_width, "base_width", "channels of a group in the first stage").at_least(1)};
  }

  ResNeXt(const Options& options, const BuildContext& context)
      : ResNet(options,
               bottleneck_architecture("ResNeXt", options,
                                       Bottleneck::grouped_kind(options.groups, options.base_width, options.base_channels)),
               context) {}
};

DETFORGE_REGISTER(backbones, ResNeXt,
                  {.name = "ResNeXt", .python = "mmdet.models.backbones.resnext.ResNeXt", .meaning = "ResNeXt (arXiv 1611.05431)"});

}  // namespace detforge
