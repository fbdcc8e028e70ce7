#include "detforge/models/backbones/resnet.h"

namespace detforge {

/// ResNet with a deep stem and pooled shortcuts (Bag of Tricks, arXiv 1812.01187), whatever `deep_stem` and `avg_down`
/// say.
class ResNetV1d : public ResNet {
 public:
  using Options = ResNet::Options;
  static Arguments<Options> arguments() { return ResNet::arguments(); }

  ResNetV1d(const Options& options, const BuildContext& context) : ResNet(v1d(options), v1d_architecture(options), context) {}

 private:
  static Options v1d(Options options) {
    options.deep_stem = options.avg_down = true;
    return options;
  }
  static Architecture v1d_architecture(const Options& options) {
    Architecture architecture = resnet_architecture(v1d(options));
    architecture.python_name = "ResNetV1d";
    return architecture;
  }
};

DETFORGE_REGISTER(backbones, ResNetV1d,
                  {.name = "ResNetV1d",
                   .python = "mmdet.models.backbones.resnet.ResNetV1d",
                   .meaning = "ResNet with a deep stem and pooled shortcuts (arXiv 1812.01187)"});

}  // namespace detforge
