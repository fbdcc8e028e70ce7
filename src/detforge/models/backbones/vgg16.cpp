#include "detforge/models/backbones/vgg.h"

namespace detforge {

/// VGG-16 (arXiv 1409.1556) without its classifier; `state_dict` as torchvision's `vgg16` and, with `with_bn`, `vgg16_bn`.
class VGG16 : public VGG {
 public:
  VGG16(const Options& options, const BuildContext& context) : VGG("VGG16", {2, 2, 3, 3, 3}, options, context) {}
};

DETFORGE_REGISTER(backbones, VGG16, {.name = "VGG16", .python = "mmdet.models.backbones.VGG16", .meaning = "VGG-16 (arXiv 1409.1556)"});

}  // namespace detforge
