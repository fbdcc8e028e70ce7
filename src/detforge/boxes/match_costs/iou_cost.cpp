#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/boxes/match_costs/match_cost.h"

namespace detforge {

template <>
struct EnumNames<OverlapMode> {
  static constexpr std::array<std::pair<OverlapMode, std::string_view>, 3> names = {
      {{OverlapMode::Iou, "iou"}, {OverlapMode::Iof, "iof"}, {OverlapMode::Giou, "giou"}}};
};

/// Minus the overlap of boxes [Q, 4] and [G, 4], both xyxy px.
class IoUCost : public MatchCost {
 public:
  struct Options : MatchCost::Options {
    OverlapMode iou_mode = OverlapMode::Giou;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::iou_mode, "iou_mode", "which overlap"), arg(&Options::weight, "weight", "factor of the cost")};
  }

  IoUCost(const Options& options, const BuildContext&) : MatchCost(options), iou_mode_(options.iou_mode) {}

 protected:
  torch::Tensor cost(const torch::Tensor& predictions, const torch::Tensor& objects) const override {
    return -bbox_overlaps(predictions, objects, iou_mode_);
  }

 private:
  OverlapMode iou_mode_;
};

DETFORGE_REGISTER(match_costs, IoUCost,
                  {.name = "IoUCost", .python = "mmdet.core.bbox.match_costs.match_cost.IoUCost", .meaning = "minus the overlap"});

}  // namespace detforge
