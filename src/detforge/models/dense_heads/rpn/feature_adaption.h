#pragma once

#include "detforge/nn/layers/deform_conv2d.h"

namespace detforge {

/// A deformable convolution whose offsets come from the shapes that a head predicts: features [N, in_channels, H, W] and
/// shapes [N, shape_channels, H, W] → [N, out_channels, H, W]. MMDetection has it twice: `FeatureAdaption` of guided anchors
/// (width and height) and `FeatureAlign` of FoveaBox (distances to the sides).
class FeatureAdaption : public nn::Module {
 public:
  struct Options {
    std::string python_name;
    std::int64_t shape_channels = 2;
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    std::int64_t deform_groups = 4;
  };
  FeatureAdaption(const Options& options, const BuildContext& context);

  torch::Tensor forward(const torch::Tensor& feature, const torch::Tensor& shape);

 private:
  std::shared_ptr<nn::Conv2d> conv_offset_;
  std::shared_ptr<nn::DeformConv2d> conv_adaption_;
  std::shared_ptr<nn::Layer> relu_;
};

}  // namespace detforge
