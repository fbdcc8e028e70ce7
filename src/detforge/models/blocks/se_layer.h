#pragma once

#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/pooling.h"

namespace detforge {

/// Squeeze-and-excitation (arXiv 1709.01507): each channel of [N, C, H, W] times a factor that a small network of `inner_channels` finds
/// from the means of all channels.
class SELayer : public nn::Layer {
 public:
  struct Options {
    std::int64_t channels = 0;
    std::int64_t inner_channels = 0;
    ConfigDict inner_act_cfg = {{"type", "ReLU"}};
    ConfigDict act_cfg = {{"type", "Sigmoid"}};
  };

  SELayer(const Options& options, const BuildContext& context) : Layer("SELayer") {
    const auto conv = [&](const char* name, std::int64_t in_channels, std::int64_t out_channels, const ConfigDict& act_cfg) {
      const nn::ConvModule::Options module{.in_channels = in_channels, .out_channels = out_channels, .layers = {{}, {}, act_cfg}};
      return register_module(name, std::make_shared<nn::ConvModule>(module, context));
    };
    global_avgpool_ = register_module("global_avgpool", std::make_shared<nn::AdaptiveAvgPool2d>(1));
    conv1_ = conv("conv1", options.channels, options.inner_channels, options.inner_act_cfg);
    conv2_ = conv("conv2", options.inner_channels, options.channels, options.act_cfg);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    return input * conv2_->forward(conv1_->forward(global_avgpool_->forward(input)));
  }

 private:
  std::shared_ptr<nn::AdaptiveAvgPool2d> global_avgpool_;
  std::shared_ptr<nn::ConvModule> conv1_;
  std::shared_ptr<nn::ConvModule> conv2_;
};

}  // namespace detforge
