#include "detforge/models/losses/box_loss.h"
#include "detforge/models/losses/distance_iou.h"

namespace detforge {

/// 1 - IoU + the relative distance of the centres (arXiv 1911.08287).
class DIoULoss : public BoxLoss {
 public:
  using Options = BoxLoss::Options;
  DIoULoss(const Options& options, const BuildContext& context) : BoxLoss("DIoULoss", options, context) {}

 protected:
  torch::Tensor elementwise(const torch::Tensor& prediction, const torch::Tensor& target) const override {
    const DistanceIou measured = distance_iou(prediction, target, eps());
    return 1 - (measured.iou - measured.distance);
  }
};

DETFORGE_REGISTER(losses, DIoULoss,
                  {.name = "DIoULoss", .python = "mmdet.models.losses.iou_loss.DIoULoss", .meaning = "1 - IoU + distance of the centres"});

}  // namespace detforge
