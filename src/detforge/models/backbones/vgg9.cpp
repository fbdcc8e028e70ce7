#include "detforge/models/backbones/vgg.h"

namespace detforge {

/// The smallest VGG that keeps VGG-16's strides: nine layers as the field counts them, six convolutions here and the three fully connected
/// ones of the classifier, which a detector leaves out.
class VGG9 : public VGG {
 public:
  VGG9(const Options& options, const BuildContext& context) : VGG("VGG9", {1, 1, 1, 1, 2}, options, context) {}
};

DETFORGE_REGISTER(backbones, VGG9,
                  {.name = "VGG9",
                   .python = "mmdet.models.backbones.VGG9",
                   .meaning = "VGG of nine layers, three of them the classifier, which is left out"});

}  // namespace detforge
