#pragma once

#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/pooling.h"

namespace detforge {

/// Dynamic ReLU (arXiv 2003.10027) as DyHead has it: the larger of two lines for each channel of [N, C, H, W], whose
/// slopes and offsets a small network finds from the mean of all pixels.
class DyReLU : public nn::Layer {
 public:
  DyReLU(std::int64_t channels, const BuildContext& context) : Layer("DyReLU"), channels_(channels) {
    const std::int64_t inner = channels / 4;
    const ConfigDict relu = {{"type", "ReLU"}}, hsigmoid = {{"type", "HSigmoid"}, {"bias", 3.0}, {"divisor", 6.0}};
    const auto conv = [&](const char* name, std::int64_t in_channels, std::int64_t out_channels, const ConfigDict& act_cfg) {
      const nn::ConvModule::Options module{.in_channels = in_channels, .out_channels = out_channels, .layers = {{}, {}, act_cfg}};
      return register_module(name, std::make_shared<nn::ConvModule>(module, context));
    };
    global_avgpool_ = register_module("global_avgpool", std::make_shared<nn::AdaptiveAvgPool2d>(1));
    conv1_ = conv("conv1", channels, inner, relu);
    conv2_ = conv("conv2", inner, 4 * channels, hsigmoid);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const torch::Tensor found = conv2_->forward(conv1_->forward(global_avgpool_->forward(input))) - 0.5;
    const std::vector<torch::Tensor> lines = found.split(channels_, 1);
    return torch::maximum(input * (lines[0] * 2 + 1) + lines[1], input * (lines[2] * 2) + lines[3]);
  }

 private:
  std::int64_t channels_;
  std::shared_ptr<nn::AdaptiveAvgPool2d> global_avgpool_;
  std::shared_ptr<nn::ConvModule> conv1_;
  std::shared_ptr<nn::ConvModule> conv2_;
};

}  // namespace detforge
