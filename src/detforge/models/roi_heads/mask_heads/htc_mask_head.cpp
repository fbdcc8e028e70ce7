#include "detforge/models/roi_heads/mask_heads/htc_mask_head.h"

#include "detforge/nn/layers/conv_module.h"

namespace detforge {

Arguments<HTCMaskHead::Options> HTCMaskHead::arguments() {
  return {FCNMaskHead::arguments(), arg(&Options::with_conv_res, "with_conv_res", "a layer for the previous stage's features")};
}

HTCMaskHead::HTCMaskHead(const Options& options, const BuildContext& context) : FCNMaskHead("HTCMaskHead", options, context) {
  if (!options.with_conv_res) return;
  conv_res_ =
      register_module("conv_res", std::make_shared<nn::ConvModule>(
                                      nn::ConvModule::Options{.in_channels = options.conv_out_channels,
                                                              .out_channels = options.conv_out_channels,
                                                              .kernel_size = 1,
                                                              .layers = {options.conv_cfg, options.norm_cfg, ConfigDict{{"type", "ReLU"}}}},
                                      context));
}

torch::Tensor HTCMaskHead::features(const torch::Tensor& roi_feats, const torch::Tensor& res_feat) {
  if (!res_feat.defined()) return convolved(roi_feats);
  if (!conv_res_) throw Error("HTCMaskHead takes the previous stage's features only with with_conv_res=True");
  return convolved(roi_feats + conv_res_->forward(res_feat));
}

HTCMaskHead::Outputs HTCMaskHead::flow(const torch::Tensor& roi_feats, const torch::Tensor& res_feat) {
  return nn::observed(*this, {&roi_feats, 1}, [&] {
    const torch::Tensor feats = features(roi_feats, res_feat);
    return Outputs{logits(feats), feats};
  });
}

void append_tensors(const HTCMaskHead::Outputs& outputs, std::vector<torch::Tensor>& all) {
  all.push_back(outputs.mask_pred);
  all.push_back(outputs.res_feat);
}

DETFORGE_REGISTER(heads, HTCMaskHead,
                  {.name = "HTCMaskHead",
                   .python = "mmdet.models.roi_heads.mask_heads.htc_mask_head.HTCMaskHead",
                   .meaning = "masks with features for the next stage's"});

}  // namespace detforge
