#include <numbers>

#include "detforge/models/losses/box_loss.h"
#include "detforge/models/losses/distance_iou.h"

namespace detforge {

/// DIoU's loss + how far the aspect ratios are apart (arXiv 2005.03572).
///
/// As in v2.27 the ratios count from an IoU of ½ on, their factor has no gradient, and the loss ends at 2; as in v2.8 they
/// always count and everything has its gradient.
class CIoULoss : public BoxLoss {
 public:
  using Options = BoxLoss::Options;
  CIoULoss(const Options& options, const BuildContext& context) : BoxLoss("CIoULoss", options, context) {}

 protected:
  torch::Tensor elementwise(const torch::Tensor& prediction, const torch::Tensor& target) const override {
    constexpr double factor = 4 / (std::numbers::pi * std::numbers::pi);
    const DistanceIou measured = distance_iou(prediction, target, eps());
    const torch::Tensor ratios = factor * (angle(target) - angle(prediction)).square();
    if (reference() == Reference::V2_8) {
      return 1 - (measured.iou - (measured.distance + ratios.square() / (1 - measured.iou + ratios)));
    }
    torch::Tensor weight;
    {
      const torch::NoGradGuard no_grad;
      weight = (measured.iou > 0.5).to(torch::kFloat) * ratios / (1 - measured.iou + ratios);
    }
    return 1 - (measured.iou - (measured.distance + weight * ratios)).clamp(-1, 1);
  }

 private:
  torch::Tensor angle(const torch::Tensor& boxes) const {
    const torch::Tensor width = boxes.select(-1, 2) - boxes.select(-1, 0);
    const torch::Tensor height = boxes.select(-1, 3) - boxes.select(-1, 1) + eps();
    return torch::atan(width / height);
  }
};

DETFORGE_REGISTER(losses, CIoULoss,
                  {.name = "CIoULoss",
                   .python = "mmdet.models.losses.iou_loss.CIoULoss",
                   .meaning = "1 - IoU + distance of the centres + difference of the aspect ratios"});

}  // namespace detforge
