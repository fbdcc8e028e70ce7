#include "detforge/boxes/iou_calculators/iou_calculator.h"

namespace detforge {

/// The overlaps of `bbox_overlaps`; with the dtype `fp16` in half precision, of boxes divided by `scale` so that areas stay finite.
class BboxOverlaps2D : public IoUCalculator {
 public:
  struct Options {
    double scale = 1;
    std::optional<std::string> dtype;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::scale, "scale", "what boxes are divided by in half precision").since_v2_27(),
            arg(&Options::dtype, "dtype", "'fp16': compute in half precision").since_v2_27()};
  }

  BboxOverlaps2D(const Options& options, const BuildContext&) : scale_(options.scale), half_(options.dtype == "fp16") {}

  torch::Tensor overlaps(const torch::Tensor& a, const torch::Tensor& b, OverlapMode mode) const override {
    return bbox_overlaps(prepared(a), prepared(b), mode).to(a.scalar_type());
  }

 private:
  torch::Tensor prepared(const torch::Tensor& boxes) const {
    const torch::Tensor corners = boxes.slice(-1, 0, 4);
    return half_ ? (corners / scale_).to(torch::kHalf) : corners;
  }

  double scale_;
  bool half_;
};

DETFORGE_REGISTER(iou_calculators, BboxOverlaps2D,
                  {.name = "BboxOverlaps2D",
                   .python = "mmdet.core.bbox.iou_calculators.iou2d_calculator.BboxOverlaps2D",
                   .meaning = "IoU, intersection over foreground, or GIoU of boxes"});

}  // namespace detforge
