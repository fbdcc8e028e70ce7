#include "detforge/models/dense_heads/solo/decoupled_solo_head.h"

namespace detforge {

/// SOLO's lighter decoupled head (arXiv 1912.04488): columns and rows share a tower, whose last convolution may be deformable.
class DecoupledSOLOLightHead : public DecoupledSOLOHead {
 public:
  struct Options : DecoupledSOLOHead::Options {
    std::optional<ConfigDict> dcn_cfg;
  };
  static Arguments<Options> arguments() {
    return {DecoupledSOLOHead::arguments(), arg(&Options::dcn_cfg, "dcn_cfg", "the towers' last convolution; None: Conv2d")};
  }

  DecoupledSOLOLightHead(const Options& options, const BuildContext& context)
      : DecoupledSOLOHead("DecoupledSOLOLightHead", options, context) {
    mask_convs_ = register_module("mask_convs", tower(options, options.in_channels + 2, context, options.dcn_cfg));
    cls_convs_ = register_module("cls_convs", tower(options, options.in_channels, context, options.dcn_cfg));
    register_predictions(options, context);
  }

 protected:
  MaskFeatures mask_features(const torch::Tensor& feature) override {
    const torch::Tensor shared = solo_enlarge(apply_all(*mask_convs_, with_coordinates(feature)));
    return {.x = shared, .y = shared};
  }

 private:
  std::shared_ptr<StackedConvs> mask_convs_;
};

DETFORGE_REGISTER(heads, DecoupledSOLOLightHead,
                  {.name = "DecoupledSOLOLightHead",
                   .python = "mmdet.models.dense_heads.solo_head.DecoupledSOLOLightHead",
                   .meaning = "DecoupledSOLOHead with one tower for columns and rows",
                   .since = Reference::V2_27});

}  // namespace detforge
