#pragma once

#include "detforge/data/image_meta.h"
#include "detforge/nn/layers/conv2d.h"
#include "detforge/nn/layers/deform_conv2d.h"

namespace detforge {

/// Cascade RPN's convolution (arXiv 1909.06720) of 3×3 samples, which lie where the anchors are: dilated for anchors that are all alike,
/// or with an offset for each sample.
class AdaptiveConv : public nn::Module {
 public:
  struct Options {
    std::int64_t kernel_size = 3;
    std::int64_t stride = 1;
    std::int64_t padding = 1;
    std::int64_t dilation = 3;
    std::int64_t groups = 1;
    bool bias = false;
  };
  static Arguments<Options> arguments();

  /// From an `adapt_cfg`: `type` 'dilation' where all anchors are alike, 'offset' where each has its own size, and the options. Throws
  /// `Error` at the place in the config.
  AdaptiveConv(std::int64_t in_channels, std::int64_t out_channels, const ConfigDict& adapt_cfg, const BuildContext& context);

  bool has_offsets() const { return deform_conv_ != nullptr; }
  /// `feature` [N, in_channels, H, W] → [N, out_channels, H, W]; `offsets` [N, 18, H, W], px of the feature, y before x, where there are
  /// any: else undefined.
  torch::Tensor forward(const torch::Tensor& feature, const torch::Tensor& offsets);

 private:
  std::shared_ptr<nn::Conv2d> conv_;
  std::shared_ptr<nn::DeformConv2d> deform_conv_;
};

/// Where each anchor [n, 4] px of one level has its 3×3 samples, relative to where a convolution has them: [18, H, W], y before x.
torch::Tensor anchor_offsets(const torch::Tensor& anchors, double stride, ImageSize featmap_size);

}  // namespace detforge
