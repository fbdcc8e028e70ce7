#pragma once

#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// A 1×1 and a 3×3 convolution; the input is added to the result where `add_identity` and the channels allow.
class DarknetBottleneck : public nn::Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    double expansion = 0.5;
    bool add_identity = true;
    bool use_depthwise = false;
    nn::LayerConfigs layers;
  };

  DarknetBottleneck(const Options& options, const BuildContext& context);

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  bool add_identity_;
  std::shared_ptr<nn::Layer> conv1_;
  std::shared_ptr<nn::Layer> conv2_;
};

/// Cross Stage Partial layer (arXiv 1911.11929): half of the channels go through the bottlenecks, half around them.
class CSPLayer : public nn::Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    std::int64_t num_blocks = 1;
    bool add_identity = true;
    bool use_depthwise = false;
    nn::LayerConfigs layers;
  };

  CSPLayer(const Options& options, const BuildContext& context);

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  std::shared_ptr<nn::ConvModule> main_conv_;
  std::shared_ptr<nn::ConvModule> short_conv_;
  std::shared_ptr<nn::ConvModule> final_conv_;
  std::shared_ptr<nn::Sequential> blocks_;
};

/// [N, C, H, W] → [N, 4 C, H / 2, W / 2]: the pixels of each 2×2 square become channels, in the order top left,
/// bottom left, top right, bottom right.
torch::Tensor space_to_channels(const torch::Tensor& image);

}  // namespace detforge
