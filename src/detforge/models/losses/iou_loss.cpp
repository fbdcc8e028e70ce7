#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/models/losses/box_loss.h"

namespace detforge {

/// A falling function of the IoU of each predicted box with its target (UnitBox, arXiv 1608.01471).
class IoULoss : public BoxLoss {
 public:
  enum class Mode { Linear, Square, Log };
  struct Options : BoxLoss::Options {
    bool linear = false;
    Mode mode = Mode::Log;
  };
  static Arguments<Options> arguments();

  IoULoss(const Options& options, const BuildContext& context)
      : BoxLoss("IoULoss", options, context), mode_(options.linear ? Mode::Linear : options.mode) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    // Unlike the other box losses it gives one number per box even where no box counts.
    if (has_no_weight(call) && reduction(call) == Reduction::None) {
      const torch::Tensor weight = call.weight.dim() > 1 ? call.weight.mean(-1) : call.weight;
      return elementwise(prediction, target) * weight;
    }
    return BoxLoss::compute(prediction, target, call);
  }

  torch::Tensor elementwise(const torch::Tensor& prediction, const torch::Tensor& target) const override {
    const torch::Tensor ious = aligned_bbox_overlaps(prediction, target).clamp_min(eps());
    switch (mode_) {
      case Mode::Linear: return 1 - ious;
      case Mode::Square: return 1 - ious.square();
      case Mode::Log: break;
    }
    return -ious.log();
  }

 private:
  Mode mode_;
};

template <>
struct EnumNames<IoULoss::Mode> {
  static constexpr std::array<std::pair<IoULoss::Mode, std::string_view>, 3> names = {
      {{IoULoss::Mode::Linear, "linear"}, {IoULoss::Mode::Square, "square"}, {IoULoss::Mode::Log, "log"}}};
};

Arguments<IoULoss::Options> IoULoss::arguments() {
  return {BoxLoss::arguments(), arg(&Options::linear, "linear", "1 - IoU instead of what mode says"),
          arg(&Options::mode, "mode", "1 - IoU, 1 - IoU², or -log IoU").since_v2_27()};
}

DETFORGE_REGISTER(losses, IoULoss,
                  {.name = "IoULoss", .python = "mmdet.models.losses.iou_loss.IoULoss", .meaning = "falls with the IoU of box and target"});

}  // namespace detforge
