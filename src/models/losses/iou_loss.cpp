#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/models/losses/loss.h"

namespace detforge {

/// A falling function of the IoU of each predicted box with its target, both [N, 4] xyxy px (UnitBox, arXiv 1608.01471).
/// `weight` is [N], or [N, 4] whose mean counts.
class IoULoss : public Loss {
 public:
  enum class Mode { Linear, Square, Log };
  struct Options : Loss::Options {
    bool linear = false;
    double eps = 1e-6;
    Mode mode = Mode::Log;
  };
  static Arguments<Options> arguments();

  IoULoss(const Options& options, const BuildContext& context)
      : Loss("IoULoss", options, context), mode_(options.linear ? Mode::Linear : options.mode), eps_(options.eps) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    torch::Tensor weight = call.weight;
    if (weight.defined() && reduction(call) != Reduction::None && !(weight > 0).any().item<bool>()) {
      if (prediction.dim() == weight.dim() + 1) weight = weight.unsqueeze(1);
      return (prediction * weight).sum();
    }
    if (weight.defined() && weight.dim() > 1) weight = weight.mean(-1);
    return reduce(elementwise(aligned_bbox_overlaps(prediction, target).clamp_min(eps_)), weight, call);
  }

 private:
  torch::Tensor elementwise(const torch::Tensor& ious) const {
    switch (mode_) {
      case Mode::Linear: return 1 - ious;
      case Mode::Square: return 1 - ious.square();
      case Mode::Log: break;
    }
    return -ious.log();
  }

  Mode mode_;
  double eps_;
};

template <>
struct EnumNames<IoULoss::Mode> {
  static constexpr std::array<std::pair<IoULoss::Mode, std::string_view>, 3> names = {
      {{IoULoss::Mode::Linear, "linear"}, {IoULoss::Mode::Square, "square"}, {IoULoss::Mode::Log, "log"}}};
};

Arguments<IoULoss::Options> IoULoss::arguments() {
  return {arg(&Options::linear, "linear", "1 - IoU instead of what mode says"), arg(&Options::eps, "eps", "smallest IoU that is counted"),
          arg(&Options::reduction, "reduction", "how the boxes' losses become one"),
          arg(&Options::loss_weight, "loss_weight", "factor of the result"),
          arg(&Options::mode, "mode", "1 - IoU, 1 - IoU², or -log IoU").since_v2_27()};
}

DETFORGE_REGISTER(losses, IoULoss,
                  {.name = "IoULoss", .python = "mmdet.models.losses.iou_loss.IoULoss", .meaning = "falls with the IoU of box and target"});

}  // namespace detforge
