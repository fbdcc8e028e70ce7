#include "detforge/models/backbones/resnet.h"
#include "detforge/models/blocks/bottleneck.h"
#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/pooling.h"

namespace detforge {

/// ResNeSt (arXiv 2004.08955): a ResNetV1d whose 3×3 convolutions give several splits, mixed for each channel by an
/// attention. Its blocks never fall back from dcn.
class ResNeSt : public ResNet {
 public:
  struct Options : ResNet::Options {
    std::int64_t groups = 1;
    std::int64_t base_width = 4;
    std::int64_t radix = 2;
    std::int64_t reduction_factor = 4;
    bool avg_down_stride = true;
  };
  static Arguments<Options> arguments() {
    return {ResNet::arguments(),
            arg(&Options::groups, "groups", "groups of the 3×3 convolutions").at_least(1),
            arg(&Options::base_width, "base_width", "channels of a group in the first stage").at_least(1),
            arg(&Options::radix, "radix", "splits").at_least(1),
            arg(&Options::reduction_factor, "reduction_factor", "channels over those of the attention").at_least(1),
            arg(&Options::avg_down_stride, "avg_down_stride", "a pool behind the convolution has its stride")};
  }

  ResNeSt(const Options& options, const BuildContext& context) : ResNet(resnest(options), resnest_architecture(options), context) {}

 private:
  class RSoftmax;
  class SplitAttentionConv2d;
  class Block;

  static Options resnest(Options options) {
    options.deep_stem = options.avg_down = true;
    return options;
  }
  static Architecture resnest_architecture(const Options& options);
};

/// [N, radix · C, 1, 1] → the share of each split, [N, radix · C].
class ResNeSt::RSoftmax : public nn::Layer {
 public:
  RSoftmax(std::int64_t radix, std::int64_t groups) : Layer("RSoftmax"), radix_(radix), groups_(groups) {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    if (radix_ == 1) return input.sigmoid();
    const torch::Tensor splits = input.view({input.size(0), groups_, radix_, -1}).transpose(1, 2);
    return splits.softmax(1).reshape({input.size(0), -1});
  }

 private:
  std::int64_t radix_;
  std::int64_t groups_;
};

/// A convolution to `radix` splits of `channels`, and their sum with the weights of an attention.
class ResNeSt::SplitAttentionConv2d : public nn::Layer {
 public:
  /// `conv`: the convolution of one split; `layers`: conv_cfg and norm_cfg.
  SplitAttentionConv2d(const nn::Conv2d::Options& conv, std::int64_t radix, std::int64_t reduction_factor,
                       const std::optional<ConfigDict>& conv_cfg, const ConfigDict& norm_cfg, const BuildContext& context)
      : Layer("SplitAttentionConv2d"), radix_(radix) {
    const std::int64_t channels = conv.out_channels;
    const std::int64_t inner = std::max<std::int64_t>(conv.in_channels * radix / reduction_factor, 32);
    nn::Conv2d::Options splits = conv;
    splits.out_channels = channels * radix;
    splits.groups = conv.groups * radix;
    const auto norm = [&](std::int64_t width, const char* postfix) {
      auto built = nn::build_norm_layer(norm_cfg, width, context, postfix);
      return register_module(built.name, built.layer);
    };
    const auto attention = [&](const char* name, std::int64_t in_channels, std::int64_t out_channels) {
      return register_module(name, std::make_shared<nn::Conv2d>(nn::Conv2d::Options{
                                       .in_channels = in_channels, .out_channels = out_channels, .groups = conv.groups}));
    };
    conv_ = register_module("conv", nn::build_conv_layer(conv_cfg, splits, context));
    norm0_ = norm(channels * radix, "0");
    relu_ = register_module("relu", std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
    fc1_ = attention("fc1", channels, inner);
    norm1_ = norm(inner, "1");
    fc2_ = attention("fc2", inner, channels * radix);
    rsoftmax_ = register_module("rsoftmax", std::make_shared<RSoftmax>(radix, conv.groups));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const torch::Tensor output = relu_->forward(norm0_->forward(conv_->forward(input)));
    const torch::Tensor splits = output.view({output.size(0), radix_, -1, output.size(2), output.size(3)});
    const torch::Tensor context = torch::adaptive_avg_pool2d(splits.sum(1), {1, 1});
    const torch::Tensor shares = rsoftmax_->forward(fc2_->forward(relu_->forward(norm1_->forward(fc1_->forward(context)))));
    return (shares.view({output.size(0), radix_, -1, 1, 1}) * splits).sum(1);
  }

 private:
  std::int64_t radix_;
  std::shared_ptr<nn::Layer> conv_;
  std::shared_ptr<nn::Layer> norm0_;
  std::shared_ptr<nn::ReLU> relu_;
  std::shared_ptr<nn::Conv2d> fc1_;
  std::shared_ptr<nn::Layer> norm1_;
  std::shared_ptr<nn::Conv2d> fc2_;
  std::shared_ptr<RSoftmax> rsoftmax_;
};

class ResNeSt::Block : public Bottleneck {
 public:
  Block(const ResidualBlockOptions& block, const Options& options, const BuildContext& context)
      : Bottleneck(block, shape_of(block, options, context), context) {
    if (!pools(block, options)) return;
    const nn::AvgPool2d::Options pool{.kernel_size = 3, .stride = block.stride, .padding = 1};
    avd_layer_ = register_module("avd_layer", std::make_shared<nn::AvgPool2d>(pool));
  }

 protected:
  torch::Tensor middle(const torch::Tensor& input) override {
    const torch::Tensor output = conv2_->forward(input);
    return avd_layer_ ? avd_layer_->forward(output) : output;
  }

 private:
  static bool pools(const ResidualBlockOptions& block, const Options& options) {
    return options.avg_down_stride && !block.caffe_style && block.stride > 1;
  }
  static Shape shape_of(const ResidualBlockOptions& block, const Options& options, const BuildContext& context) {
    const std::int64_t width = grouped_width(block.planes, options.groups, options.base_width, options.base_channels);
    const nn::Conv2d::Options conv{.in_channels = width,
                                   .out_channels = width,
                                   .kernel_size = 3,
                                   .stride = block.caffe_style || pools(block, options) ? 1 : block.stride,
                                   .padding = block.dilation,
                                   .dilation = block.dilation,
                                   .groups = options.groups,
                                   .bias = false};
    const auto make_conv2 = [=, radix = options.radix, reduction = options.reduction_factor] {
      return std::make_shared<SplitAttentionConv2d>(conv, radix, reduction, block.conv2_cfg ? block.conv2_cfg : block.conv_cfg,
                                                    block.norm_cfg, context);
    };
    return {.width = width, .make_conv2 = make_conv2, .with_norm2 = false};
  }

  std::shared_ptr<nn::AvgPool2d> avd_layer_;  // null where there is no stride
};

ResNeSt::Architecture ResNeSt::resnest_architecture(const Options& options) {
  static const std::map<std::int64_t, std::vector<std::int64_t>> stages = {
      {50, {3, 4, 6, 3}}, {101, {3, 4, 23, 3}}, {152, {3, 8, 36, 3}}, {200, {3, 24, 36, 3}}};
  const ResidualBlockKind kind{4, [options](const ResidualBlockOptions& block, const BuildContext& context) {
                                 return std::make_shared<Block>(block, options, context);
                               }};
  return bottleneck_architecture("ResNeSt", resnest(options), kind, stages);
}

DETFORGE_REGISTER(backbones, ResNeSt,
                  {.name = "ResNeSt", .python = "mmdet.models.backbones.resnest.ResNeSt", .meaning = "ResNeSt (arXiv 2004.08955)"});

}  // namespace detforge
