#include "detforge/boxes/bbox_transforms.h"
#include "detforge/boxes/match_costs/match_cost.h"

namespace detforge {

enum class BBoxL1CostFormat { Xyxy, Xywh };

template <>
struct EnumNames<BBoxL1CostFormat> {
  static constexpr std::array<std::pair<BBoxL1CostFormat, std::string_view>, 2> names = {
      {{BBoxL1CostFormat::Xyxy, "xyxy"}, {BBoxL1CostFormat::Xywh, "xywh"}}};
};

/// The sum of differences of the boxes' coordinates: predictions [Q, 4] (centre, size), objects [G, 4] xyxy, both in image sizes.
class BBoxL1Cost : public MatchCost {
 public:
  struct Options : MatchCost::Options {
    BBoxL1CostFormat box_format = BBoxL1CostFormat::Xyxy;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::weight, "weight", "factor of the cost"),
            arg(&Options::box_format, "box_format", "compare corners, or centre and size")};
  }

  BBoxL1Cost(const Options& options, const BuildContext&) : MatchCost(options), box_format_(options.box_format) {}

 protected:
  torch::Tensor cost(const torch::Tensor& predictions, const torch::Tensor& objects) const override {
    if (box_format_ == BBoxL1CostFormat::Xywh) return torch::cdist(predictions, bbox_xyxy_to_cxcywh(objects), 1);
    return torch::cdist(bbox_cxcywh_to_xyxy(predictions), objects, 1);
  }

 private:
  BBoxL1CostFormat box_format_;
};

DETFORGE_REGISTER(match_costs, BBoxL1Cost,
                  {.name = "BBoxL1Cost",
                   .python = "mmdet.core.bbox.match_costs.match_cost.BBoxL1Cost",
                   .meaning = "differences of the coordinates"});

}  // namespace detforge
