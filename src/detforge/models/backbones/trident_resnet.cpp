#include "detforge/models/backbones/resnet.h"
#include "detforge/models/blocks/bottleneck.h"
#include "detforge/nn/init/weight_init.h"

namespace detforge {

/// TridentNet's ResNet (arXiv 1901.01892) of three stages, the last one with several branches of one weight and different
/// dilations: [N, 3, H, W] → as ResNet, the last level with the branches behind each other, [num_branch · N, C, H, W]. In
/// evaluation only the branch `test_branch_idx` is computed, unless it is -1.
class TridentResNet : public ResNet {
 public:
  struct Options : ResNet::Options {
    std::int64_t num_branch = 0;
    std::int64_t test_branch_idx = 0;
    Value trident_dilations;
  };
  static Arguments<Options> arguments() {
    return {ResNet::arguments(), arg(&Options::num_branch, "num_branch", required, "number of branches").at_least(1),
            arg(&Options::test_branch_idx, "test_branch_idx", required, "branch of evaluation; -1: all").at_least(-1),
            arg(&Options::trident_dilations, "trident_dilations", required, "dilation of each branch")};
  }

  TridentResNet(const Options& options, const BuildContext& context) : ResNet(options, trident_architecture(options), context) {}

 private:
  class TridentConv;
  class TridentBottleneck;
  class Branches;

  static Architecture trident_architecture(const Options& options);
};

/// 3×3 convolutions of one weight and several dilations.
class TridentResNet::TridentConv : public nn::Layer {
 public:
  TridentConv(std::int64_t channels, std::int64_t stride, const Value& dilations, std::int64_t test_branch, const BuildContext& context)
      : Layer("TridentConv"),
        channels_(channels),
        stride_(stride),
        dilations_(Conversion<std::vector<std::int64_t>>::from(dilations)),
        dilations_text_(detforge::repr(dilations)),
        test_branch_(test_branch) {
    weight_ = register_parameter("weight", torch::empty({channels, channels, 3, 3}));
    // 2.27 shows this, but does not follow it.
    show_init_cfg(
        context,
        Value::dict(
            {{"type", "Kaiming"}, {"distribution", "uniform"}, {"mode", "fan_in"}, {"override", Value::dict({{"name", "conv2"}})}}));
  }

  bool one_branch() const { return !is_training() && test_branch_ != -1; }
  std::size_t num_branches() const { return dilations_.size(); }
  torch::Tensor forward_branch(std::size_t branch, const torch::Tensor& input) {
    const std::int64_t dilation = dilations_.at(one_branch() ? static_cast<std::size_t>(test_branch_) : branch);
    return torch::conv2d(input, weight_, {}, stride_, /*padding=*/dilation, dilation);
  }

  std::string extra_repr() const override {
    const std::string channels = std::to_string(channels_);
    const Value paddings = Value::tuple(Value::Elements(dilations_.begin(), dilations_.end()));
    return "in_channels=" + channels + ", out_channels=" + channels +
           ", kernel_size=(3, 3), num_branch=" + std::to_string(dilations_.size()) + ", test_branch_idx=" + std::to_string(test_branch_) +
           ", stride=" + nn::Pair(stride_).text() + ", paddings=" + detforge::repr(paddings) + ", dilations=" + dilations_text_ +
           ", bias=None";
  }
  void reset_parameters() override { nn::kaiming_init(*this, {.mode = nn::FanMode::In, .distribution = nn::Distribution::Uniform}); }
  void init_weights(const nn::PretrainedLoader&) override {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return forward_branch(0, input); }

 private:
  std::int64_t channels_;
  std::int64_t stride_;
  std::vector<std::int64_t> dilations_;
  std::string dilations_text_;
  std::int64_t test_branch_;
  torch::Tensor weight_;
};

/// A bottleneck that all branches go through.
class TridentResNet::TridentBottleneck : public Bottleneck {
 public:
  TridentBottleneck(const ResidualBlockOptions& block, const std::shared_ptr<TridentConv>& conv, const BuildContext& context)
      : Bottleneck(block, {.width = block.planes, .make_conv2 = [conv] { return conv; }}, context, "TridentBottleneck"), trident_(conv) {}

  nn::Features forward_branches(const nn::Features& branches) {
    return nn::observed(*this, branches, [&] {
      nn::Features outputs;
      for (branch_ = 0; branch_ < branches.size(); ++branch_) outputs.push_back(relu_->forward(before_relu(branches[branch_])));
      return outputs;
    });
  }
  const TridentConv& conv() const { return *trident_; }

 protected:
  torch::Tensor middle(const torch::Tensor& input) override {
    return relu_->forward(norm2_->forward(trident_->forward_branch(branch_, input)));
  }

 private:
  std::shared_ptr<TridentConv> trident_;
  std::size_t branch_ = 0;
};

/// The last stage: [N, C, H, W] → the branches of its last block behind each other.
class TridentResNet::Branches : public ResLayer {
 public:
  using ResLayer::ResLayer;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const auto block = [&](std::size_t i) { return std::dynamic_pointer_cast<TridentBottleneck>(layers().at(i)); };
    const TridentConv& conv = block(0)->conv();
    nn::Features branches(conv.one_branch() ? 1 : conv.num_branches(), input);
    for (std::size_t i = 0; i < layers().size(); ++i) branches = block(i)->forward_branches(branches);
    return torch::cat(branches, 0);
  }
};

TridentResNet::Architecture TridentResNet::trident_architecture(const Options& options) {
  const auto dilations = Conversion<std::vector<std::int64_t>>::from(options.trident_dilations);
  if (static_cast<std::int64_t>(dilations.size()) != options.num_branch) {
    throw ArgumentError("trident_dilations", "must have num_branch entries, " + std::to_string(options.num_branch));
  }
  if (options.test_branch_idx >= options.num_branch) throw ArgumentError("test_branch_idx", "must be below num_branch");
  if (options.num_stages != 3) throw ArgumentError("num_stages", "must be 3, got " + std::to_string(options.num_stages));
  Architecture architecture = bottleneck_architecture("TridentResNet", options, Bottleneck::kind());
  Stage& last = architecture.stages[2];
  last.block.make = [dilations = options.trident_dilations, test_branch = options.test_branch_idx](const ResidualBlockOptions& block,
                                                                                                   const BuildContext& context) {
    ResidualBlockOptions plain = block;
    // 2.27 forgets zero_init_residual here.
    if (context.reference == Reference::V2_27) plain.init_cfg.reset();
    const auto conv = std::make_shared<TridentConv>(block.planes, block.caffe_style ? 1 : block.stride, dilations, test_branch, context);
    return std::make_shared<TridentBottleneck>(plain, conv, context);
  };
  last.make_layer = [](const ResidualBlockKind& kind, ResLayer::Options layer, const BuildContext& context) {
    layer.python_name = "Sequential";
    layer.avg_down = false;
    return std::make_shared<Branches>(kind, layer, context);
  };
  return architecture;
}

DETFORGE_REGISTER(backbones, TridentResNet,
                  {.name = "TridentResNet",
                   .python = "mmdet.models.backbones.trident_resnet.TridentResNet",
                   .meaning = "ResNet of TridentNet (arXiv 1901.01892)"});

}  // namespace detforge
