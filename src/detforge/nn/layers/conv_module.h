#pragma once

#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/spectral_norm.h"

namespace detforge::nn {

/// The configs that blocks hand down to their layers.
struct LayerConfigs {
  std::optional<ConfigDict> conv_cfg;
  std::optional<ConfigDict> norm_cfg;
  std::optional<ConfigDict> act_cfg;
};

/// What a ConvModule does, one after the other: a permutation of `conv`, `norm` and `act`.
using LayerOrder = std::array<std::string, 3>;

/// mmcv's `ConvModule`: convolution, normalisation and activation, the last two where there is a config for them.
class ConvModule : public Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    Pair kernel_size = 1;
    Pair stride = 1;
    Pair padding = 0;
    Pair dilation = 1;
    std::int64_t groups = 1;
    std::optional<bool> bias = std::nullopt;  ///< none: a bias only where there is no normalisation
    LayerConfigs layers = {};
    bool inplace = true;  ///< of the activation, where the config does not say
    bool with_spectral_norm = false;
    std::string padding_mode = "zeros";  ///< `circular` pads with zeros too, as mmcv does
    LayerOrder order = {"conv", "norm", "act"};
  };

  ConvModule(const Options& options, const BuildContext& context);

  const std::shared_ptr<Layer>& conv() const { return conv_; }
  /// Null without a norm_cfg.
  const std::shared_ptr<Layer>& norm() const { return norm_; }
  /// Null without an act_cfg.
  const std::shared_ptr<Layer>& activate() const { return activate_; }
  /// Uses the other's convolution instead of its own.
  void share_conv(const ConvModule& other);

  std::string abbreviation() const override { return "conv_block"; }
  /// mmcv's own initialisation: Kaiming for the convolution, 1 and 0 for the normalisation.
  void reset_parameters() override;
  /// In 2.27 the walk through the parts reaches a ConvModule that stands directly in a component, and what mmcv
  /// does by itself replaces what the component's init_cfg did.
  void init_weights(const PretrainedLoader& load_pretrained) override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  enum class Step { Conv, Norm, Act };
  static std::vector<Step> steps_of(const LayerOrder& order);

  Reference reference_;
  std::vector<Step> steps_;
  double leaky_slope_ = 0;  // of the activation; 0: not a leaky ReLU
  std::shared_ptr<Layer> padding_layer_;
  std::shared_ptr<Layer> conv_;
  std::optional<SpectralNorm> spectral_norm_;
  std::shared_ptr<Layer> norm_;
  std::shared_ptr<Layer> activate_;
};

/// mmcv's `DepthwiseSeparableConvModule` (MobileNets, arXiv 1704.04861): a depthwise ConvModule, then a pointwise one.
class DepthwiseSeparableConvModule : public Layer {
 public:
  /// Both convolutions have `options.layers`.
  DepthwiseSeparableConvModule(const ConvModule::Options& options, const BuildContext& context);
  /// `options.layers` gives the kind of the convolutions; mmcv's `dw_norm_cfg`, `pw_act_cfg` and the like are in the other two.
  DepthwiseSeparableConvModule(const ConvModule::Options& options, const LayerConfigs& depthwise, const LayerConfigs& pointwise,
                               const BuildContext& context);

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  std::shared_ptr<ConvModule> depthwise_conv_;
  std::shared_ptr<ConvModule> pointwise_conv_;
};

/// The one or the other, as `use_depthwise` arguments choose.
std::shared_ptr<Layer> make_conv_module(bool use_depthwise, const ConvModule::Options& options, const BuildContext& context);

}  // namespace detforge::nn
