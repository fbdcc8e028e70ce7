#include <cmath>
#include <limits>

#include "detforge/boxes/bbox_transforms.h"
#include "detforge/boxes/coders/bbox_coder.h"
#include "detforge/boxes/coders/delta_coding.h"

namespace detforge {

/// The code of MMDetection V1.x: as DeltaXYWHBBoxCoder, but sides count both end pixels. As there, decoded corners are
/// half a size from the centre, not half of (size - 1), and are always clipped, to the last pixel.
class LegacyDeltaXYWHBBoxCoder : public BBoxCoder {
 public:
  struct Options {
    std::array<double, 4> target_means = {0, 0, 0, 0};
    std::array<double, 4> target_stds = {1, 1, 1, 1};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::target_means, "target_means", "subtracted from what is to be predicted"),
            arg(&Options::target_stds, "target_stds", "what is to be predicted is divided by them")};
  }

  LegacyDeltaXYWHBBoxCoder(const Options& options, const BuildContext&) : coding_{options.target_means, options.target_stds, 1} {}

  torch::Tensor encode(const torch::Tensor& priors, const torch::Tensor& gt, const CoderCall&) const override {
    return coding_.encode(priors, gt);
  }

  torch::Tensor decode(const torch::Tensor& priors, const torch::Tensor& predictions, const CoderCall& call) const override {
    const double max_log_size = std::abs(std::log(call.wh_ratio_clip));
    const torch::Tensor boxes = coding_.decode(priors, predictions, {-max_log_size, max_log_size, std::numeric_limits<double>::infinity()});
    return call.max_shape ? clip_boxes(boxes, {call.max_shape->height - 1, call.max_shape->width - 1}) : boxes;
  }

 private:
  DeltaCoding coding_;
};

DETFORGE_REGISTER(bbox_coders, LegacyDeltaXYWHBBoxCoder,
                  {.name = "LegacyDeltaXYWHBBoxCoder",
                   .python = "mmdet.core.bbox.coder.legacy_delta_xywh_bbox_coder.LegacyDeltaXYWHBBoxCoder",
                   .meaning = "DeltaXYWHBBoxCoder of models from MMDetection V1.x"});

}  // namespace detforge
