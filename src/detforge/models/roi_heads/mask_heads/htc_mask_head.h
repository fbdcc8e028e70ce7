#pragma once

#include "detforge/models/roi_heads/mask_heads/fcn_mask_head.h"

namespace detforge {

/// A mask head that hands its features to the next stage's (Hybrid Task Cascade, arXiv 1901.07518).
class HTCMaskHead : public FCNMaskHead {
 public:
  struct Options : FCNMaskHead::Options {
    bool with_conv_res = true;
  };
  static Arguments<Options> arguments();

  HTCMaskHead(const Options& options, const BuildContext& context);

  struct Outputs {
    torch::Tensor mask_pred;  ///< [N, num_classes, h', w'] before the sigmoid; undefined where only features were asked for
    torch::Tensor res_feat;   ///< [N, C, h, w] for the next stage
  };
  /// `roi_feats` [N, in_channels, h, w]; `res_feat`: the previous stage's, undefined for the first. Throws `Error` where the head
  /// has no layer for it.
  Outputs flow(const torch::Tensor& roi_feats, const torch::Tensor& res_feat);
  torch::Tensor features(const torch::Tensor& roi_feats, const torch::Tensor& res_feat);

 private:
  std::shared_ptr<nn::Layer> conv_res_;
};

void append_tensors(const HTCMaskHead::Outputs& outputs, std::vector<torch::Tensor>& all);

}  // namespace detforge
