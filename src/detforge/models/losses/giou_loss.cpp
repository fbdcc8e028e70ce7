#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/models/losses/box_loss.h"

namespace detforge {

/// 1 - generalised IoU (arXiv 1902.09630), which still has a gradient where the boxes do not meet.
class GIoULoss : public BoxLoss {
 public:
  using Options = BoxLoss::Options;
  GIoULoss(const Options& options, const BuildContext& context) : BoxLoss("GIoULoss", options, context) {}

 protected:
  torch::Tensor elementwise(const torch::Tensor& prediction, const torch::Tensor& target) const override {
    return 1 - aligned_bbox_overlaps(prediction, target, OverlapMode::Giou, eps());
  }
};

DETFORGE_REGISTER(losses, GIoULoss,
                  {.name = "GIoULoss", .python = "mmdet.models.losses.iou_loss.GIoULoss", .meaning = "1 - generalised IoU"});

}  // namespace detforge
