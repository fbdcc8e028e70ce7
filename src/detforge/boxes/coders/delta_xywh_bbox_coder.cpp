#include "detforge/boxes/coders/delta_xywh_bbox_coder.h"

#include <cmath>
#include <limits>

#include "detforge/boxes/bbox_transforms.h"

namespace detforge {

Arguments<DeltaXYWHBBoxCoder::Options> DeltaXYWHBBoxCoder::arguments() {
  return {arg(&Options::target_means, "target_means", "subtracted from what is to be predicted"),
          arg(&Options::target_stds, "target_stds", "what is to be predicted is divided by them"),
          arg(&Options::clip_border, "clip_border", "limit decoded boxes to the image"),
          arg(&Options::add_ctr_clamp, "add_ctr_clamp", "limit how far a centre moves").since_v2_27(),
          arg(&Options::ctr_clamp, "ctr_clamp", "how far a centre moves at most, in px").since_v2_27()};
}

torch::Tensor DeltaXYWHBBoxCoder::encode(const torch::Tensor& priors, const torch::Tensor& gt, const CoderCall&) const {
  return coding_.encode(priors, gt);
}

torch::Tensor DeltaXYWHBBoxCoder::decode(const torch::Tensor& priors, const torch::Tensor& predictions, const CoderCall& call) const {
  constexpr double unlimited = std::numeric_limits<double>::infinity();
  const double max_log_size = std::abs(std::log(call.wh_ratio_clip));
  const torch::Tensor boxes = coding_.decode(priors, predictions,
                                             {.min_log_size = options_.add_ctr_clamp ? -unlimited : -max_log_size,
                                              .max_log_size = max_log_size,
                                              .max_move_px = options_.add_ctr_clamp ? options_.ctr_clamp : unlimited});
  return options_.clip_border && call.max_shape ? clip_boxes(boxes, *call.max_shape) : boxes;
}

DETFORGE_REGISTER(bbox_coders, DeltaXYWHBBoxCoder,
                  {.name = "DeltaXYWHBBoxCoder",
                   .python = "mmdet.core.bbox.coder.delta_xywh_bbox_coder.DeltaXYWHBBoxCoder",
                   .meaning = "moves of the centre and logarithms of the sides, relative to the prior"});

}  // namespace detforge
