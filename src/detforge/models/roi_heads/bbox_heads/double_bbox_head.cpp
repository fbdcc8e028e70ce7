#include "detforge/models/blocks/bottleneck.h"
#include "detforge/models/roi_heads/bbox_heads/bbox_head.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/linear.h"

namespace detforge {

/// Double-Head R-CNN's box head (arXiv 1904.06493): linear layers for the class, convolutions for the box.
class DoubleConvFCBBoxHead : public BBoxHead {
 public:
  struct Options : BBoxHead::Options {
    std::int64_t num_convs = 0;
    std::int64_t num_fcs = 0;
    std::int64_t conv_out_channels = 1024;
    std::int64_t fc_out_channels = 1024;
    std::optional<ConfigDict> conv_cfg;
    ConfigDict norm_cfg = {{"type", "BN"}};

    Options();
  };
  static Arguments<Options> arguments();

  DoubleConvFCBBoxHead(Options options, const BuildContext& context);

 protected:
  BBoxOutputs compute(const torch::Tensor& cls_feats, const torch::Tensor& reg_feats) override;

 private:
  class BasicResBlock;

  /// The pooling is the head's own, whatever `with_avg_pool` says.
  static Options pooled(Options options) {
    options.with_avg_pool = true;
    return options;
  }

  std::shared_ptr<nn::Layer> res_block_;
  std::shared_ptr<nn::ModuleList<>> conv_branch_;
  std::shared_ptr<nn::ModuleList<>> fc_branch_;
  std::shared_ptr<nn::Layer> relu_;
};

/// [N, in_channels, h, w] → [N, out_channels, h, w]: a 3×3 and a 1×1 convolution, and a 1×1 convolution around them.
class DoubleConvFCBBoxHead::BasicResBlock : public nn::Layer {
 public:
  BasicResBlock(std::int64_t in_channels, std::int64_t out_channels, const BuildContext& context) : Layer("BasicResBlock") {
    const auto conv = [&](const char* name, std::int64_t out, std::int64_t kernel, const std::optional<ConfigDict>& act_cfg) {
      return register_module(
          name, std::make_shared<nn::ConvModule>(nn::ConvModule::Options{.in_channels = in_channels,
                                                                         .out_channels = out,
                                                                         .kernel_size = kernel,
                                                                         .padding = kernel / 2,
                                                                         .layers = {std::nullopt, ConfigDict{{"type", "BN"}}, act_cfg}},
                                                 context));
    };
    const ConfigDict relu = {{"type", "ReLU"}};
    conv1_ = conv("conv1", in_channels, 3, relu);
    conv2_ = conv("conv2", out_channels, 1, std::nullopt);
    conv_identity_ = conv("conv_identity", out_channels, 1, std::nullopt);
    relu_ = register_module("relu", nn::build_activation_layer(relu, /*inplace=*/true, context));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    return relu_->forward(conv2_->forward(conv1_->forward(input)) + conv_identity_->forward(input));
  }

 private:
  std::shared_ptr<nn::Layer> conv1_;
  std::shared_ptr<nn::Layer> conv2_;
  std::shared_ptr<nn::Layer> conv_identity_;
  std::shared_ptr<nn::Layer> relu_;
};

DoubleConvFCBBoxHead::Options::Options() {
  const auto normal = [](const char* name, double std) { return Value::dict({{"type", "Normal"}, {"name", name}, {"std", std}}); };
  init_cfg =
      Value::dict({{"type", "Normal"},
                   {"override", Value::list({normal("fc_cls", 0.01), normal("fc_reg", 0.001),
                                             Value::dict({{"type", "Xavier"}, {"name", "fc_branch"}, {"distribution", "uniform"}})})}});
}

Arguments<DoubleConvFCBBoxHead::Options> DoubleConvFCBBoxHead::arguments() {
  return {BBoxHead::arguments(),
          arg(&Options::num_convs, "num_convs", "bottlenecks before the boxes").at_least(0),
          arg(&Options::num_fcs, "num_fcs", "linear layers before the classes").at_least(0),
          arg(&Options::conv_out_channels, "conv_out_channels", "channels of the convolutions").at_least(4),
          arg(&Options::fc_out_channels, "fc_out_channels", "outputs of the linear layers").at_least(1),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer of the bottlenecks; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer of the bottlenecks")};
}

DoubleConvFCBBoxHead::DoubleConvFCBBoxHead(Options options, const BuildContext& context)
    : BBoxHead("DoubleConvFCBBoxHead", pooled(options), {options.fc_out_channels, options.conv_out_channels}, context) {
  if (options.num_convs == 0) throw ArgumentError("num_convs", "must be at least 1");
  if (options.num_fcs == 0) throw ArgumentError("num_fcs", "must be at least 1");
  res_block_ = register_module("res_block", std::make_shared<BasicResBlock>(options.in_channels, options.conv_out_channels, context));
  conv_branch_ = register_module("conv_branch", std::make_shared<nn::ModuleList<>>());
  ResidualBlockOptions block;
  block.inplanes = options.conv_out_channels;
  block.planes = options.conv_out_channels / 4;
  block.conv_cfg = options.conv_cfg;
  block.norm_cfg = options.norm_cfg;
  for (std::int64_t i = 0; i < options.num_convs; ++i) conv_branch_->append(Bottleneck::kind().make(block, context));
  fc_branch_ = register_module("fc_branch", std::make_shared<nn::ModuleList<>>());
  for (std::int64_t i = 0; i < options.num_fcs; ++i) {
    const std::int64_t in = i == 0 ? options.in_channels * options.roi_feat_area() : options.fc_out_channels;
    fc_branch_->append(std::make_shared<nn::Linear>(nn::Linear::Options{.in_features = in, .out_features = options.fc_out_channels}));
  }
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  show_init_cfg(context, options.init_cfg);
}

BBoxOutputs DoubleConvFCBBoxHead::compute(const torch::Tensor& cls_feats, const torch::Tensor& reg_feats) {
  torch::Tensor boxes = res_block_->forward(reg_feats.defined() ? reg_feats : cls_feats);
  for (const auto& conv : *conv_branch_) boxes = conv->forward(boxes);
  torch::Tensor classes = cls_feats.flatten(1);
  for (const auto& fc : *fc_branch_) classes = relu_->forward(fc->forward(classes));
  return predict(classes, flattened(boxes));
}

DETFORGE_REGISTER(heads, DoubleConvFCBBoxHead,
                  {.name = "DoubleConvFCBBoxHead",
                   .python = "mmdet.models.roi_heads.bbox_heads.double_bbox_head.DoubleConvFCBBoxHead",
                   .meaning = "linear layers for classes, convolutions for boxes"});

}  // namespace detforge
