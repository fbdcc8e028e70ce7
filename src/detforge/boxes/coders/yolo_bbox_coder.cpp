#include "detforge/boxes/coders/bbox_coder.h"

namespace detforge {

/// YOLO's code (arXiv 1804.02767): the centre's place between -½ and ½ cell around the prior's, moved to 0…1, and the
/// logarithm of the size relative to the prior's. Predictions to decode have their centres in 0…1 already.
class YOLOBBoxCoder : public BBoxCoder {
 public:
  struct Options {
    double eps = 1e-6;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::eps, "eps", "smallest relative size, and smallest distance of a centre from the border of its cell")};
  }

  YOLOBBoxCoder(const Options& options, const BuildContext&) : eps_(options.eps) {}

  torch::Tensor encode(const torch::Tensor& priors, const torch::Tensor& gt, const CoderCall& call) const override {
    const torch::Tensor per_prior = strides(call);
    const torch::Tensor centers = ((center(gt) - center(priors)) / per_prior + 0.5).clamp(eps_, 1 - eps_);
    const torch::Tensor sizes = (size(gt) / size(priors)).clamp_min(eps_).log();
    return torch::cat({centers, sizes}, -1);
  }

  torch::Tensor decode(const torch::Tensor& priors, const torch::Tensor& predictions, const CoderCall& call) const override {
    const torch::Tensor per_prior = strides(call);
    const torch::Tensor centers = center(priors) + (predictions.slice(-1, 0, 2) - 0.5) * per_prior;
    const torch::Tensor half_sizes = size(priors) * 0.5 * predictions.slice(-1, 2, 4).exp();
    return torch::cat({centers - half_sizes, centers + half_sizes}, -1);
  }

 private:
  static torch::Tensor strides(const CoderCall& call) {
    if (!call.strides.defined()) throw Error("YOLOBBoxCoder needs the strides of the priors");
    return call.strides.dim() == 0 ? call.strides : call.strides.unsqueeze(-1);
  }
  static torch::Tensor center(const torch::Tensor& boxes) { return (boxes.slice(-1, 0, 2) + boxes.slice(-1, 2, 4)) * 0.5; }
  static torch::Tensor size(const torch::Tensor& boxes) { return boxes.slice(-1, 2, 4) - boxes.slice(-1, 0, 2); }

  double eps_;
};

DETFORGE_REGISTER(bbox_coders, YOLOBBoxCoder,
                  {.name = "YOLOBBoxCoder",
                   .python = "mmdet.core.bbox.coder.yolo_bbox_coder.YOLOBBoxCoder",
                   .meaning = "centres within a cell, sizes relative to the prior's"});

}  // namespace detforge
