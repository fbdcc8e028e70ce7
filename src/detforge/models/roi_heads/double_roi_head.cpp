#include "detforge/models/roi_heads/standard_roi_head.h"

namespace detforge {

/// Double-Head R-CNN (arXiv 1904.06493): boxes are read from larger regions than classes.
class DoubleHeadRoIHead : public StandardRoIHead {
 public:
  struct Options : StandardRoIHead::Options {
    double reg_roi_scale_factor = 1;
  };
  static Arguments<Options> arguments() {
    return {StandardRoIHead::arguments(),
            arg(&Options::reg_roi_scale_factor, "reg_roi_scale_factor", required, "size of the regions for boxes over those for classes")};
  }
  DoubleHeadRoIHead(const Options& options, const BuildContext& context)
      : StandardRoIHead("DoubleHeadRoIHead", options, context), reg_roi_scale_factor_(options.reg_roi_scale_factor) {
    show_init_cfg(context, options.init_cfg);
  }

 protected:
  BBoxForward bbox_forward(const nn::Features& features, const torch::Tensor& rois) override {
    const torch::Tensor cls_feats = through_shared_head(bbox_roi_extractor().forward(features, rois));
    const torch::Tensor reg_feats = through_shared_head(bbox_roi_extractor().forward(features, rois, reg_roi_scale_factor_));
    return {bbox_head().forward(cls_feats, reg_feats), cls_feats};
  }

 private:
  double reg_roi_scale_factor_;
};

DETFORGE_REGISTER(heads, DoubleHeadRoIHead,
                  {.name = "DoubleHeadRoIHead",
                   .python = "mmdet.models.roi_heads.double_roi_head.DoubleHeadRoIHead",
                   .meaning = "boxes from larger regions than classes"});

}  // namespace detforge
