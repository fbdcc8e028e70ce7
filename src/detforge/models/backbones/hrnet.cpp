#include "detforge/models/backbones/backbone.h"
#include "detforge/models/backbones/imagenet_init.h"
#include "detforge/models/blocks/basic_block.h"
#include "detforge/models/blocks/bottleneck.h"
#include "detforge/models/blocks/hr_module.h"
#include "detforge/models/blocks/residual_stage.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/build_layer.h"

namespace detforge {

/// HRNet (arXiv 1904.04514): [N, 3, H, W] → one level per branch of stage 4, strides 4, 8, 16, 32; the fine ones are
/// kept through all stages.
class HRNet : public Backbone {
 public:
  struct Options {
    ConfigDict extra;
    std::int64_t in_channels = 3;
    std::optional<ConfigDict> conv_cfg;
    ConfigDict norm_cfg = {{"type", "BN"}};
    bool norm_eval = true;
    bool with_cp = false;
    bool zero_init_residual = false;
    bool multiscale_output = true;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  HRNet(const Options& options, const BuildContext& context);
  void train(bool on = true) override;

 protected:
  nn::Features compute(const torch::Tensor& image) override;

 private:
  /// One of `extra`'s four.
  struct Stage {
    std::int64_t num_modules = 0;
    std::int64_t num_branches = 0;
    std::string block;
    std::vector<std::int64_t> num_blocks;
    std::vector<std::int64_t> num_channels;

    ResidualBlockKind kind() const { return block == "BASIC" ? BasicBlock::kind() : Bottleneck::kind(); }
    std::vector<std::int64_t> out_channels() const;
  };
  using Transition = nn::ModuleList<>;
  using Modules = nn::BaseModuleList<HRModule>;

  static Stage stage_of(const Options& options, int number, const BuildContext& context);
  static std::optional<Value> block_init_cfg(const Options& options, const Stage& stage, const BuildContext& context);
  static std::shared_ptr<Transition> make_transition(const Options& options, const std::vector<std::int64_t>& before,
                                                     const std::vector<std::int64_t>& after, const BuildContext& context);
  static std::shared_ptr<Modules> make_stage(const Options& options, const Stage& stage, bool multiscale_output,
                                             const BuildContext& context);

  bool norm_eval_;
  std::vector<std::shared_ptr<nn::Layer>> stem_;
  std::shared_ptr<nn::Layer> layer1_;
  std::vector<std::shared_ptr<Transition>> transitions_;  // before stages 2, 3, 4
  std::vector<std::shared_ptr<Modules>> stages_;
};

Arguments<HRNet::Options> HRNet::arguments() {
  return {arg(&Options::extra, "extra", required, "stage1 to stage4: num_modules, num_branches, block, num_blocks, num_channels"),
          arg(&Options::in_channels, "in_channels", "channels of the image").at_least(1),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::norm_eval, "norm_eval", "batch norms keep their statistics while training"),
          arg(&Options::with_cp, "with_cp", "computes activations anew to save memory; accepted, and the numbers are the same"),
          arg(&Options::zero_init_residual, "zero_init_residual", "blocks begin as the identity (in 2.8 only)"),
          arg(&Options::multiscale_output, "multiscale_output", "all branches come out, else the finest").since_v2_27(),
          arg(&Options::pretrained, "pretrained", "weights to start training from").since_v2_27(),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

std::vector<std::int64_t> HRNet::Stage::out_channels() const {
  std::vector<std::int64_t> channels = num_channels;
  for (std::int64_t& count : channels) count *= kind().expansion;
  return channels;
}

HRNet::Stage HRNet::stage_of(const Options& options, int number, const BuildContext& context) {
  const std::string name = "stage" + std::to_string(number);
  const Value* config = options.extra.find(name);
  if (config == nullptr || !config->is_dict()) throw ArgumentError("extra", "needs the dict '" + name + "'");
  const Arguments<Stage> arguments{arg(&Stage::num_modules, "num_modules", required, "HRModules one after the other").at_least(1),
                                   arg(&Stage::num_branches, "num_branches", required, "branches of each").at_least(1),
                                   arg(&Stage::block, "block", required, "kind of residual block").one_of({"BASIC", "BOTTLENECK"}),
                                   arg(&Stage::num_blocks, "num_blocks", required, "blocks of each branch"),
                                   arg(&Stage::num_channels, "num_channels", required, "channels of each branch")};
  Stage stage = options_from("HRNet's " + name, arguments, *config, context);
  const auto branches = static_cast<std::size_t>(stage.num_branches);
  if (stage.num_blocks.size() != branches || stage.num_channels.size() != branches) {
    throw ArgumentError("extra", name + " needs num_blocks and num_channels of as many entries as num_branches");
  }
  return stage;
}

/// 2.27 forgets about zero_init_residual: it looks whether there is an init_cfg, and there always is one.
std::optional<Value> HRNet::block_init_cfg(const Options& options, const Stage& stage, const BuildContext& context) {
  if (context.reference == Reference::V2_27 || !options.zero_init_residual || options.pretrained) return std::nullopt;
  const Value override = Value::dict({{"name", stage.kind().expansion == 1 ? "norm2" : "norm3"}});
  return Value::dict({{"type", "Constant"}, {"val", 0}, {"override", override}});
}

HRNet::HRNet(const Options& options, const BuildContext& context) : Backbone("HRNet"), norm_eval_(options.norm_eval) {
  expect_in_channels(options.in_channels);
  constexpr std::int64_t kStemChannels = 64;
  for (const char* number : {"1", "2"}) {
    const nn::Conv2d::Options conv{.in_channels = stem_.empty() ? options.in_channels : kStemChannels,
                                   .out_channels = kStemChannels,
                                   .kernel_size = 3,
                                   .stride = 2,
                                   .padding = 1,
                                   .bias = false};
    stem_.push_back(register_module("conv" + std::string(number), nn::build_conv_layer(options.conv_cfg, conv, context)));
    auto norm = nn::build_norm_layer(options.norm_cfg, kStemChannels, context, number);
    stem_.push_back(register_module(norm.name, norm.layer));
  }
  const auto relu = register_module("relu", std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
  stem_.insert(stem_.begin() + 2, relu);
  stem_.push_back(relu);

  const Stage first = stage_of(options, 1, context);
  ResLayer::Options layer;
  layer.block.inplanes = kStemChannels;
  layer.block.planes = first.num_channels[0];
  layer.block.conv_cfg = options.conv_cfg;
  layer.block.norm_cfg = options.norm_cfg;
  layer.block.init_cfg = block_init_cfg(options, first, context);
  layer.num_blocks = first.num_blocks[0];
  layer.python_name = "Sequential";
  layer1_ = register_module("layer1", std::make_shared<ResLayer>(first.kind(), layer, context));

  std::vector<std::int64_t> channels = {first.out_channels()[0]};
  for (const int number : {2, 3, 4}) {
    const Stage stage = stage_of(options, number, context);
    transitions_.push_back(
        register_module("transition" + std::to_string(number - 1), make_transition(options, channels, stage.out_channels(), context)));
    const bool multiscale_output = number < 4 || options.multiscale_output;
    stages_.push_back(register_module("stage" + std::to_string(number), make_stage(options, stage, multiscale_output, context)));
    channels = stage.out_channels();
  }
  show_init_cfg(context, imagenet_init_cfg(options.pretrained, options.init_cfg));
}

std::shared_ptr<HRNet::Transition> HRNet::make_transition(const Options& options, const std::vector<std::int64_t>& before,
                                                          const std::vector<std::int64_t>& after, const BuildContext& context) {
  const auto conv = [&](std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride) {
    auto layers = make_conv_norm(options.conv_cfg, options.norm_cfg, in_channels, out_channels, 3, stride, context);
    layers->append(std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
    return layers;
  };
  auto transition = std::make_shared<Transition>();
  for (std::size_t branch = 0; branch < after.size(); ++branch) {
    if (branch < before.size()) {
      if (before[branch] == after[branch]) {
        transition->append(std::make_shared<nn::NoLayer>());
      } else {
        transition->append(conv(before[branch], after[branch], 1));
      }
      continue;
    }
    auto reducing = std::make_shared<nn::Sequential>();
    for (std::size_t step = before.size(); step <= branch; ++step) {
      reducing->append(conv(before.back(), step == branch ? after[branch] : before.back(), 2));
    }
    transition->append(reducing);
  }
  return transition;
}

std::shared_ptr<HRNet::Modules> HRNet::make_stage(const Options& options, const Stage& stage, bool multiscale_output,
                                                  const BuildContext& context) {
  auto modules = std::make_shared<Modules>("Sequential");
  for (std::int64_t i = 0; i < stage.num_modules; ++i) {
    modules->append(std::make_shared<HRModule>(HRModule::Options{.block = stage.kind(),
                                                                 .num_blocks = stage.num_blocks,
                                                                 .num_channels = stage.num_channels,
                                                                 .multiscale_output = multiscale_output || i + 1 < stage.num_modules,
                                                                 .conv_cfg = options.conv_cfg,
                                                                 .norm_cfg = options.norm_cfg,
                                                                 .block_init_cfg = block_init_cfg(options, stage, context)},
                                               context));
  }
  return modules;
}

void HRNet::train(bool on) {
  Backbone::train(on);
  if (on && norm_eval_) nn::set_batch_norms_to_eval(*this);
}

nn::Features HRNet::compute(const torch::Tensor& image) {
  torch::Tensor stem = image;
  for (const auto& layer : stem_) stem = layer->forward(stem);
  nn::Features branches = {layer1_->forward(stem)};
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    nn::Features next;
    for (std::size_t branch = 0; branch < transitions_[i]->size(); ++branch) {
      nn::Layer& layer = (*transitions_[i])[branch];
      const bool kept = dynamic_cast<nn::NoLayer*>(&layer) != nullptr;
      // The branches that are new, or change their channels, come from the coarsest one.
      next.push_back(kept ? branches.at(branch) : layer.forward(branches.back()));
    }
    for (const auto& module : *stages_[i]) next = module->forward(next);
    branches = next;
  }
  return branches;
}

DETFORGE_REGISTER(backbones, HRNet,
                  {.name = "HRNet", .python = "mmdet.models.backbones.hrnet.HRNet", .meaning = "HRNet (arXiv 1904.04514)"});

}  // namespace detforge
