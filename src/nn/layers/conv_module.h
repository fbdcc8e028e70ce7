#pragma once

#include "detforge/nn/layers/build_layer.h"

namespace detforge::nn {

/// The configs that blocks hand down to their layers.
struct LayerConfigs {
  std::optional<ConfigDict> conv_cfg;
  std::optional<ConfigDict> norm_cfg;
  std::optional<ConfigDict> act_cfg;
};

/// mmcv's `ConvModule`: convolution, then normalisation, then activation, the last two where there is a config for them.
class ConvModule : public Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    Pair kernel_size = 1;
    Pair stride = 1;
    Pair padding = 0;
    std::int64_t groups = 1;
    std::optional<bool> bias = std::nullopt;  ///< none: a bias only where no normalisation follows
    LayerConfigs layers = {};
  };

  ConvModule(const Options& options, const BuildContext& context);

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  std::shared_ptr<Layer> conv_;
  std::shared_ptr<Layer> norm_;
  std::shared_ptr<Layer> activate_;
};

/// mmcv's `DepthwiseSeparableConvModule` (MobileNets, arXiv 1704.04861): a depthwise ConvModule, then a pointwise one.
class DepthwiseSeparableConvModule : public Layer {
 public:
  DepthwiseSeparableConvModule(const ConvModule::Options& options, const BuildContext& context);

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  std::shared_ptr<ConvModule> depthwise_conv_;
  std::shared_ptr<ConvModule> pointwise_conv_;
};

/// The one or the other, as `use_depthwise` arguments choose.
std::shared_ptr<Layer> make_conv_module(bool use_depthwise, const ConvModule::Options& options, const BuildContext& context);

}  // namespace detforge::nn
