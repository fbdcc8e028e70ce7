#include "detforge/boxes/bbox_transforms.h"
#include "detforge/boxes/coders/bbox_coder.h"

namespace detforge {

/// The code of point-based heads (FCOS, arXiv 1904.01355): distances in px of the box's (left, top, right, bottom) from the point.
class DistancePointBBoxCoder : public BBoxCoder {
 public:
  struct Options {
    bool clip_border = true;
  };
  static Arguments<Options> arguments() { return {arg(&Options::clip_border, "clip_border", "limit decoded boxes to the image")}; }

  DistancePointBBoxCoder(const Options& options, const BuildContext&) : clip_border_(options.clip_border) {}

  torch::Tensor encode(const torch::Tensor& points, const torch::Tensor& gt, const CoderCall& call) const override {
    const torch::Tensor distances = bbox2distance(points, gt);
    return call.max_dis ? distances.clamp(0, *call.max_dis - call.eps) : distances;
  }

  torch::Tensor decode(const torch::Tensor& points, const torch::Tensor& predictions, const CoderCall& call) const override {
    const torch::Tensor boxes = distance2bbox(points, predictions);
    return clip_border_ && call.max_shape ? clip_boxes(boxes, *call.max_shape) : boxes;
  }

 private:
  bool clip_border_;
};

DETFORGE_REGISTER(bbox_coders, DistancePointBBoxCoder,
                  {.name = "DistancePointBBoxCoder",
                   .python = "mmdet.core.bbox.coder.distance_point_bbox_coder.DistancePointBBoxCoder",
                   .meaning = "distances of the sides from a point",
                   .since = Reference::V2_27});

}  // namespace detforge
