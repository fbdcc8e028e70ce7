#include <cmath>

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/blocks/csp_layer.h"
#include "detforge/models/blocks/kaiming_uniform.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/max_pool2d.h"

namespace detforge {

/// CSP-Darknet of YOLOX (arXiv 2107.08430), as MMDetection 2.27 has it: [N, 3, H, W] → one level per `out_indices`,
/// strides 2 (stem), 4, 8, 16, 32 (and 64 with `arch='P6'`).
class CSPDarknet : public Backbone {
 public:
  struct Stage {
    std::int64_t in_channels;
    std::int64_t out_channels;
    std::int64_t num_blocks;
    bool add_identity;
    bool use_spp;
  };
  struct Options {
    std::string arch = "P5";
    double deepen_factor = 1;
    double widen_factor = 1;
    std::vector<std::int64_t> out_indices = {2, 3, 4};
    std::int64_t frozen_stages = -1;
    bool use_depthwise = false;
    std::optional<std::vector<Stage>> arch_ovewrite;
    std::vector<std::int64_t> spp_kernal_sizes = {5, 9, 13};
    std::optional<ConfigDict> conv_cfg;
    ConfigDict norm_cfg = {{"type", "BN"}, {"momentum", 0.03}, {"eps", 0.001}};
    ConfigDict act_cfg = {{"type", "Swish"}};
    bool norm_eval = false;
    std::optional<Value> init_cfg = kaiming_uniform_init_cfg();
  };
  static Arguments<Options> arguments();

  CSPDarknet(const Options& options, const BuildContext& context);
  void train(bool on = true) override;

 protected:
  nn::Features compute(const torch::Tensor& image) override;

 private:
  class Focus;
  class SPPBottleneck;

  static std::vector<Stage> stages_of(const Options& options);
  static std::shared_ptr<nn::Sequential> make_stage(const Stage& stage, const Options& options, const BuildContext& context);

  std::vector<std::int64_t> out_indices_;
  std::int64_t frozen_stages_;
  bool norm_eval_;
  std::vector<std::shared_ptr<nn::Layer>> stages_;  // the stem first
};

/// One row of `arch_ovewrite`: [in_channels, out_channels, num_blocks, add_identity, use_spp].
template <>
struct Conversion<CSPDarknet::Stage> {
  static CSPDarknet::Stage from(const Value& value) {
    if (!value.is_sequence() || value.size() != 5) throw_wrong_type(type(), value);
    return {value[0].as_int(), value[1].as_int(), value[2].as_int(), value[3].as_bool(), value[4].as_bool()};
  }
  static Value to(const CSPDarknet::Stage& stage) {
    return Value::list({stage.in_channels, stage.out_channels, stage.num_blocks, stage.add_identity, stage.use_spp});
  }
  static std::string type() { return "[in_channels, out_channels, num_blocks, add_identity, use_spp]"; }
  static Value schema() { return Value::dict({{"type", "array"}, {"minItems", 5}, {"maxItems", 5}}); }
};

/// Squares of pixels to channels, then a convolution.
class CSPDarknet::Focus : public nn::Layer {
 public:
  Focus(std::int64_t out_channels, const nn::LayerConfigs& layers, const BuildContext& context) : Layer("Focus") {
    const nn::ConvModule::Options conv{.in_channels = 12, .out_channels = out_channels, .kernel_size = 3, .padding = 1, .layers = layers};
    conv_ = register_module("conv", std::make_shared<nn::ConvModule>(conv, context));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return conv_->forward(space_to_channels(input)); }

 private:
  std::shared_ptr<nn::ConvModule> conv_;
};

/// Spatial pyramid pooling: max pools of several sizes beside the input, between two 1×1 convolutions.
class CSPDarknet::SPPBottleneck : public nn::Layer {
 public:
  SPPBottleneck(std::int64_t channels, const std::vector<std::int64_t>& kernel_sizes, const nn::LayerConfigs& layers,
                const BuildContext& context)
      : Layer("SPPBottleneck") {
    const std::int64_t mid = channels / 2;
    const auto pooled = mid * static_cast<std::int64_t>(kernel_sizes.size() + 1);
    conv1_ = register_module(
        "conv1",
        std::make_shared<nn::ConvModule>(nn::ConvModule::Options{.in_channels = channels, .out_channels = mid, .layers = layers}, context));
    poolings_ = register_module("poolings", std::make_shared<nn::ModuleList<>>());
    for (const std::int64_t size : kernel_sizes) {
      poolings_->append(std::make_shared<nn::MaxPool2d>(nn::MaxPool2d::Options{.kernel_size = size, .stride = 1, .padding = size / 2}));
    }
    conv2_ =
        register_module("conv2", std::make_shared<nn::ConvModule>(
                                     nn::ConvModule::Options{.in_channels = pooled, .out_channels = channels, .layers = layers}, context));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    std::vector<torch::Tensor> pyramid = {conv1_->forward(input)};
    for (const auto& pooling : *poolings_) pyramid.push_back(pooling->forward(pyramid.front()));
    return conv2_->forward(torch::cat(pyramid, 1));
  }

 private:
  std::shared_ptr<nn::ConvModule> conv1_;
  std::shared_ptr<nn::ModuleList<>> poolings_;
  std::shared_ptr<nn::ConvModule> conv2_;
};

Arguments<CSPDarknet::Options> CSPDarknet::arguments() {
  return {arg(&Options::arch, "arch", "P5, or P6 with one stage more").one_of({"P5", "P6"}),
          arg(&Options::deepen_factor, "deepen_factor", "multiplies the number of blocks in each stage"),
          arg(&Options::widen_factor, "widen_factor", "multiplies the channels of each stage"),
          arg(&Options::out_indices, "out_indices", "stages whose features are given out; 0 is the stem"),
          arg(&Options::frozen_stages, "frozen_stages", "stages up to this one do not learn; -1: all do").at_least(-1),
          arg(&Options::use_depthwise, "use_depthwise", "depthwise separable convolutions"),
          arg(&Options::arch_ovewrite, "arch_ovewrite", "stages instead of those of arch"),
          arg(&Options::spp_kernal_sizes, "spp_kernal_sizes", "pool sizes of the spatial pyramid"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::act_cfg, "act_cfg", "activation layer"),
          arg(&Options::norm_eval, "norm_eval", "batch norms keep their statistics while training"),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

std::vector<CSPDarknet::Stage> CSPDarknet::stages_of(const Options& options) {
  if (options.arch_ovewrite) return *options.arch_ovewrite;
  if (options.arch == "P5") {
    return {{64, 128, 3, true, false}, {128, 256, 9, true, false}, {256, 512, 9, true, false}, {512, 1024, 3, false, true}};
  }
  return {{64, 128, 3, true, false},
          {128, 256, 9, true, false},
          {256, 512, 9, true, false},
          {512, 768, 3, true, false},
          {768, 1024, 3, false, true}};
}

std::shared_ptr<nn::Sequential> CSPDarknet::make_stage(const Stage& stage, const Options& options, const BuildContext& context) {
  const auto scaled = [&](std::int64_t channels) {
    return static_cast<std::int64_t>(static_cast<double>(channels) * options.widen_factor);
  };
  const nn::LayerConfigs layers{options.conv_cfg, options.norm_cfg, options.act_cfg};
  const std::int64_t channels = scaled(stage.out_channels);
  // Python rounds halves to even, as nearbyint does.
  const auto blocks = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(stage.num_blocks) * options.deepen_factor));
  auto sequence = std::make_shared<nn::Sequential>();
  sequence->append(nn::make_conv_module(
      options.use_depthwise,
      {.in_channels = scaled(stage.in_channels), .out_channels = channels, .kernel_size = 3, .stride = 2, .padding = 1, .layers = layers},
      context));
  if (stage.use_spp) sequence->append(std::make_shared<SPPBottleneck>(channels, options.spp_kernal_sizes, layers, context));
  sequence->append(std::make_shared<CSPLayer>(CSPLayer::Options{.in_channels = channels,
                                                                .out_channels = channels,
                                                                .num_blocks = std::max<std::int64_t>(blocks, 1),
                                                                .add_identity = stage.add_identity,
                                                                .use_depthwise = options.use_depthwise,
                                                                .layers = layers},
                                              context));
  return sequence;
}

CSPDarknet::CSPDarknet(const Options& options, const BuildContext& context)
    : Backbone("CSPDarknet"), out_indices_(options.out_indices), frozen_stages_(options.frozen_stages), norm_eval_(options.norm_eval) {
  const auto stages = stages_of(options);
  if (stages.empty()) throw ArgumentError("arch_ovewrite", "must have at least one stage");
  const auto last = static_cast<std::int64_t>(stages.size());
  for (const std::int64_t index : options.out_indices) {
    if (index < 0 || index > last)
      throw ArgumentError("out_indices", "must lie between 0 and " + std::to_string(last) + ", got " + std::to_string(index));
  }
  if (options.frozen_stages > last) throw ArgumentError("frozen_stages", "must be at most " + std::to_string(last));

  const auto stem_channels = static_cast<std::int64_t>(static_cast<double>(stages[0].in_channels) * options.widen_factor);
  const nn::LayerConfigs layers{options.conv_cfg, options.norm_cfg, options.act_cfg};
  stages_.push_back(register_module("stem", std::make_shared<Focus>(stem_channels, layers, context)));
  for (const Stage& stage : stages) {
    stages_.push_back(register_module("stage" + std::to_string(stages_.size()), make_stage(stage, options, context)));
  }
  show_init_cfg(context, options.init_cfg);
}

void CSPDarknet::train(bool on) {
  Backbone::train(on);
  for (std::int64_t i = 0; i <= frozen_stages_; ++i) nn::freeze(*stages_[static_cast<std::size_t>(i)]);
  if (on && norm_eval_) nn::set_batch_norms_to_eval(*this);
}

nn::Features CSPDarknet::compute(const torch::Tensor& image) {
  nn::Features features;
  torch::Tensor level = image;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    level = stages_[i]->forward(level);
    if (std::find(out_indices_.begin(), out_indices_.end(), static_cast<std::int64_t>(i)) != out_indices_.end()) features.push_back(level);
  }
  return features;
}

DETFORGE_REGISTER(backbones, CSPDarknet,
                  {.name = "CSPDarknet",
                   .python = "mmdet.models.backbones.csp_darknet.CSPDarknet",
                   .meaning = "CSP-Darknet of YOLOX",
                   .since = Reference::V2_27});

}  // namespace detforge
