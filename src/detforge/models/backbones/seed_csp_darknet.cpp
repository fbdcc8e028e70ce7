#include <cmath>

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/blocks/csp_layer.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/max_pool2d.h"

namespace detforge {

/// The seed's CSP-Darknet, YOLOv5's backbone of release 3/4: ten layers, of which `out_layers` give their features, in
/// the layers' order whatever the order in `out_layers` (only so do they fit the neck): strides 8, 16, 32 for 4, 6, 9.
class SeedCSPDarknet : public Backbone {
 public:
  struct Options {
    double gd = 1;
    double gw = 1;
    std::vector<std::int64_t> out_layers = {9, 6, 4};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::gd, "gd", "depth gain: multiplies the number of bottlenecks"),
            arg(&Options::gw, "gw", "width gain: multiplies the channels, rounded up to a multiple of 8"),
            arg(&Options::out_layers, "out_layers", "layers whose features are given out")};
  }

  SeedCSPDarknet(const Options& options, const BuildContext& context);

 protected:
  nn::Features compute(const torch::Tensor& image) override;

 private:
  class Conv;
  class Focus;
  class Bottleneck;
  class C3;
  class SPP;

  std::vector<std::int64_t> out_layers_;
  std::shared_ptr<nn::Sequential> model_;
};

/// Convolution without bias that keeps the size at stride 1, batch norm, SiLU.
class SeedCSPDarknet::Conv : public nn::Layer {
 public:
  Conv(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size, std::int64_t stride, const BuildContext& context)
      : Layer("Conv") {
    nn::Conv2d::Options conv;
    conv.in_channels = in_channels;
    conv.out_channels = out_channels;
    conv.kernel_size = kernel_size;
    conv.stride = stride;
    conv.padding = kernel_size / 2;
    conv.bias = false;
    nn::BatchNorm2d::Options norm;
    norm.num_features = out_channels;
    conv_ = register_module("conv", std::make_shared<nn::Conv2d>(conv, context));
    bn_ = register_module("bn", std::make_shared<nn::BatchNorm2d>(norm, context));
    act_ = register_module("act", nn::build_activation_layer({{"type", "SiLU"}}, /*inplace=*/false, context));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return act_->forward(bn_->forward(conv_->forward(input))); }

 private:
  std::shared_ptr<nn::Layer> conv_;
  std::shared_ptr<nn::Layer> bn_;
  std::shared_ptr<nn::Layer> act_;
};

class SeedCSPDarknet::Focus : public nn::Layer {
 public:
  Focus(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size, const BuildContext& context) : Layer("Focus") {
    conv_ = register_module("conv", std::make_shared<Conv>(4 * in_channels, out_channels, kernel_size, 1, context));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return conv_->forward(space_to_channels(input)); }

 private:
  std::shared_ptr<Conv> conv_;
};

class SeedCSPDarknet::Bottleneck : public nn::Layer {
 public:
  Bottleneck(std::int64_t channels, bool shortcut, const BuildContext& context) : Layer("Bottleneck"), shortcut_(shortcut) {
    cv1_ = register_module("cv1", std::make_shared<Conv>(channels, channels, 1, 1, context));
    cv2_ = register_module("cv2", std::make_shared<Conv>(channels, channels, 3, 1, context));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const torch::Tensor output = cv2_->forward(cv1_->forward(input));
    return shortcut_ ? input + output : output;
  }

 private:
  bool shortcut_;
  std::shared_ptr<Conv> cv1_;
  std::shared_ptr<Conv> cv2_;
};

/// A CSP block with three convolutions around the bottlenecks.
class SeedCSPDarknet::C3 : public nn::Layer {
 public:
  C3(std::int64_t channels, std::int64_t bottlenecks, bool shortcut, const BuildContext& context) : Layer("C3") {
    const std::int64_t half = channels / 2;
    cv1_ = register_module("cv1", std::make_shared<Conv>(channels, half, 1, 1, context));
    cv2_ = register_module("cv2", std::make_shared<Conv>(channels, half, 1, 1, context));
    cv3_ = register_module("cv3", std::make_shared<Conv>(2 * half, channels, 1, 1, context));
    m_ = register_module("m", std::make_shared<nn::Sequential>());
    for (std::int64_t i = 0; i < bottlenecks; ++i) m_->append(std::make_shared<Bottleneck>(half, shortcut, context));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    return cv3_->forward(torch::cat({m_->forward(cv1_->forward(input)), cv2_->forward(input)}, 1));
  }

 private:
  std::shared_ptr<Conv> cv1_;
  std::shared_ptr<Conv> cv2_;
  std::shared_ptr<Conv> cv3_;
  std::shared_ptr<nn::Sequential> m_;
};

/// Spatial pyramid pooling over windows of 5, 9 and 13.
class SeedCSPDarknet::SPP : public nn::Layer {
 public:
  SPP(std::int64_t channels, const BuildContext& context) : Layer("SPP") {
    const std::int64_t half = channels / 2;
    cv1_ = register_module("cv1", std::make_shared<Conv>(channels, half, 1, 1, context));
    cv2_ = register_module("cv2", std::make_shared<Conv>(4 * half, channels, 1, 1, context));
    m_ = register_module("m", std::make_shared<nn::ModuleList<>>());
    for (const std::int64_t size : {5, 9, 13}) {
      m_->append(std::make_shared<nn::MaxPool2d>(nn::MaxPool2d::Options{.kernel_size = size, .stride = 1, .padding = size / 2}));
    }
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    std::vector<torch::Tensor> pyramid = {cv1_->forward(input)};
    for (const auto& pooling : *m_) pyramid.push_back(pooling->forward(pyramid.front()));
    return cv2_->forward(torch::cat(pyramid, 1));
  }

 private:
  std::shared_ptr<Conv> cv1_;
  std::shared_ptr<Conv> cv2_;
  std::shared_ptr<nn::ModuleList<>> m_;
};

SeedCSPDarknet::SeedCSPDarknet(const Options& options, const BuildContext& context)
    : Backbone("CSPDarknet"), out_layers_(options.out_layers) {
  const auto width = [&](std::int64_t channels) {
    return static_cast<std::int64_t>(std::ceil(static_cast<double>(channels) * options.gw / 8)) * 8;
  };
  const auto depth = [&](std::int64_t blocks) {
    return std::max<std::int64_t>(static_cast<std::int64_t>(std::nearbyint(static_cast<double>(blocks) * options.gd)), 1);
  };
  model_ = register_module("model", std::make_shared<nn::Sequential>());
  const auto conv = [&](std::int64_t in, std::int64_t out) {
    model_->append(std::make_shared<Conv>(width(in), width(out), 3, 2, context));
  };
  const auto c3 = [&](std::int64_t channels, std::int64_t blocks, bool shortcut) {
    model_->append(std::make_shared<C3>(width(channels), depth(blocks), shortcut, context));
  };
  model_->append(std::make_shared<Focus>(3, width(64), 3, context));
  conv(64, 128);
  c3(128, 3, true);
  conv(128, 256);
  c3(256, 9, true);
  conv(256, 512);
  c3(512, 9, true);
  conv(512, 1024);
  model_->append(std::make_shared<SPP>(width(1024), context));
  c3(1024, 3, false);

  const auto layers = static_cast<std::int64_t>(model_->layers().size());
  for (const std::int64_t layer : out_layers_) {
    if (layer < 0 || layer >= layers) {
      throw ArgumentError("out_layers", "must lie between 0 and " + std::to_string(layers - 1) + ", got " + std::to_string(layer));
    }
  }
}

nn::Features SeedCSPDarknet::compute(const torch::Tensor& image) {
  nn::Features features;
  torch::Tensor level = image;
  for (std::size_t i = 0; i < model_->layers().size(); ++i) {
    level = model_->layers()[i]->forward(level);
    if (std::find(out_layers_.begin(), out_layers_.end(), static_cast<std::int64_t>(i)) != out_layers_.end()) features.push_back(level);
  }
  return features;
}

DETFORGE_REGISTER(backbones, SeedCSPDarknet,
                  {.name = "CSPDarknet",
                   .python = "mmdet.models.backbones.cspdarknet.CSPDarknet",
                   .meaning = "CSP-Darknet of YOLOv5",
                   .precedence = Precedence::Alternative});

}  // namespace detforge
