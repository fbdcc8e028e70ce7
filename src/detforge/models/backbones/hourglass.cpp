#include "detforge/models/backbones/backbone.h"
#include "detforge/models/blocks/basic_block.h"
#include "detforge/models/blocks/residual_stage.h"
#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/upsample.h"

namespace detforge {

/// Stacked hourglass networks (arXiv 1603.06937): [N, 3, H, W] → one level [N, feat_channel, H / 4, W / 4] per hourglass.
/// The norm_cfg does not reach the hourglasses.
class HourglassNet : public Backbone {
 public:
  struct Options {
    std::int64_t downsample_times = 5;
    std::int64_t num_stacks = 2;
    std::vector<std::int64_t> stage_channels = {256, 256, 384, 384, 384, 512};
    std::vector<std::int64_t> stage_blocks = {2, 2, 2, 2, 2, 4};
    std::int64_t feat_channel = 256;
    ConfigDict norm_cfg = {{"type", "BN"}, {"requires_grad", true}};
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  HourglassNet(const Options& options, const BuildContext& context);
  /// In 2.27 all convolutions begin with PyTorch's initialisation.
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  nn::Features compute(const torch::Tensor& image) override;

 private:
  class HourglassModule;
  static std::shared_ptr<ResLayer> make_layer(std::int64_t inplanes, std::int64_t planes, std::int64_t num_blocks, std::int64_t stride,
                                              const ConfigDict& norm_cfg, bool downsample_first, const BuildContext& context);

  Reference reference_;
  std::shared_ptr<nn::Sequential> stem_;
  std::shared_ptr<nn::ModuleList<>> hourglass_modules_;
  std::shared_ptr<ResLayer> inters_;
  std::shared_ptr<nn::ModuleList<>> conv1x1s_;
  std::shared_ptr<nn::ModuleList<>> out_convs_;
  std::shared_ptr<nn::ModuleList<>> remap_convs_;
  std::shared_ptr<nn::ReLU> relu_;
};

/// One hourglass: at full size, and at half the size through the next smaller hourglass and back.
class HourglassNet::HourglassModule : public nn::Layer {
 public:
  HourglassModule(std::size_t depth, std::span<const std::int64_t> channels, std::span<const std::int64_t> blocks,
                  const BuildContext& context)
      : Layer("HourglassModule") {
    const ConfigDict norm_cfg = {{"type", "BN"}, {"requires_grad", true}};
    const auto layer = [&](std::int64_t inplanes, std::int64_t planes, std::int64_t num_blocks, std::int64_t stride,
                           bool downsample_first) {
      return make_layer(inplanes, planes, num_blocks, stride, norm_cfg, downsample_first, context);
    };
    up1_ = register_module("up1", layer(channels[0], channels[0], blocks[0], 1, true));
    low1_ = register_module("low1", layer(channels[0], channels[1], blocks[0], 2, true));
    if (depth > 1) {
      low2_ = register_module("low2", std::make_shared<HourglassModule>(depth - 1, channels.subspan(1), blocks.subspan(1), context));
    } else {
      low2_ = register_module("low2", layer(channels[1], channels[1], blocks[1], 1, true));
    }
    low3_ = register_module("low3", layer(channels[1], channels[0], blocks[0], 1, false));
    if (context.reference == Reference::V2_8) {
      up2_ = register_module("up2", std::make_shared<nn::Upsample>(nn::Upsample::Options{.scale_factor = 2}));
    }
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const torch::Tensor around = up1_->forward(input);
    const torch::Tensor through = low3_->forward(low2_->forward(low1_->forward(input)));
    return around + (up2_ ? up2_->forward(through) : torch::upsample_nearest2d(through, around.sizes().slice(2)));
  }

 private:
  std::shared_ptr<nn::Layer> up1_;
  std::shared_ptr<nn::Layer> low1_;
  std::shared_ptr<nn::Layer> low2_;
  std::shared_ptr<nn::Layer> low3_;
  std::shared_ptr<nn::Upsample> up2_;  // null in 2.27, which asks for the size
};

Arguments<HourglassNet::Options> HourglassNet::arguments() {
  return {arg(&Options::downsample_times, "downsample_times", "how often an hourglass halves the size").at_least(1),
          arg(&Options::num_stacks, "num_stacks", "hourglasses one after the other").at_least(1),
          arg(&Options::stage_channels, "stage_channels", "channels at each size"),
          arg(&Options::stage_blocks, "stage_blocks", "blocks at each size"),
          arg(&Options::feat_channel, "feat_channel", "channels of the features").at_least(1),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer outside of the hourglasses"),
          arg(&Options::pretrained, "pretrained", "counts for nothing").since_v2_27(),
          arg(&Options::init_cfg, "init_cfg", "must be None").since_v2_27()};
}

std::shared_ptr<ResLayer> HourglassNet::make_layer(std::int64_t inplanes, std::int64_t planes, std::int64_t num_blocks, std::int64_t stride,
                                                   const ConfigDict& norm_cfg, bool downsample_first, const BuildContext& context) {
  ResLayer::Options layer;
  layer.block.inplanes = inplanes;
  layer.block.planes = planes;
  layer.block.stride = stride;
  layer.block.norm_cfg = norm_cfg;
  layer.num_blocks = num_blocks;
  layer.downsample_first = downsample_first;
  return std::make_shared<ResLayer>(BasicBlock::kind(), layer, context);
}

HourglassNet::HourglassNet(const Options& options, const BuildContext& context) : Backbone("HourglassNet"), reference_(context.reference) {
  if (options.init_cfg && !options.init_cfg->is_none()) throw ArgumentError("init_cfg", "must be None: this backbone fills itself");
  const auto& channels = options.stage_channels;
  if (channels.size() != options.stage_blocks.size()) throw ArgumentError("stage_blocks", "must have as many entries as stage_channels");
  const auto depth = static_cast<std::size_t>(options.downsample_times);
  if (channels.size() <= depth) throw ArgumentError("stage_channels", "must have more entries than downsample_times");
  const auto conv = [&](std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size, std::int64_t stride, bool activate) {
    const nn::ConvModule::Options module{
        .in_channels = in_channels,
        .out_channels = out_channels,
        .kernel_size = kernel_size,
        .stride = stride,
        .padding = kernel_size / 2,
        .layers = {{}, options.norm_cfg, activate ? std::optional(ConfigDict{{"type", "ReLU"}}) : std::nullopt}};
    return std::make_shared<nn::ConvModule>(module, context);
  };
  const auto list = [&](const char* name) { return register_module(name, std::make_shared<nn::ModuleList<>>()); };
  const std::int64_t width = channels[0], stacks = options.num_stacks;
  // 2.8 expects 256 channels here, whatever stage_channels says.
  const std::int64_t stem = context.reference == Reference::V2_8 ? 256 : width;
  stem_ = register_module("stem", std::make_shared<nn::Sequential>());
  stem_->append(conv(3, stem / 2, 7, 2, true));
  stem_->append(make_layer(stem / 2, stem, 1, 2, options.norm_cfg, true, context));
  hourglass_modules_ = list("hourglass_modules");
  for (std::int64_t i = 0; i < stacks; ++i) {
    hourglass_modules_->append(std::make_shared<HourglassModule>(depth, channels, options.stage_blocks, context));
  }
  inters_ = register_module("inters", make_layer(width, width, stacks - 1, 1, options.norm_cfg, true, context));
  conv1x1s_ = list("conv1x1s");
  for (std::int64_t i = 0; i + 1 < stacks; ++i) conv1x1s_->append(conv(width, width, 1, 1, false));
  out_convs_ = list("out_convs");
  for (std::int64_t i = 0; i < stacks; ++i) out_convs_->append(conv(width, options.feat_channel, 3, 1, true));
  remap_convs_ = list("remap_convs");
  for (std::int64_t i = 0; i + 1 < stacks; ++i) remap_convs_->append(conv(options.feat_channel, width, 1, 1, false));
  relu_ = register_module("relu", std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
}

void HourglassNet::init_weights(const nn::PretrainedLoader& load_pretrained) {
  if (reference_ == Reference::V2_8) return;
  Backbone::init_weights(load_pretrained);
  for (const auto& module : modules()) {
    if (auto* conv = dynamic_cast<nn::Conv2d*>(module.get())) conv->reset_parameters();
  }
}

nn::Features HourglassNet::compute(const torch::Tensor& image) {
  nn::Features features;
  torch::Tensor inter = stem_->forward(image);
  for (std::size_t i = 0; i < hourglass_modules_->size(); ++i) {
    features.push_back((*out_convs_)[i].forward((*hourglass_modules_)[i].forward(inter)));
    if (i + 1 == hourglass_modules_->size()) break;
    inter = (*conv1x1s_)[i].forward(inter) + (*remap_convs_)[i].forward(features.back());
    inter = inters_->layers().at(i)->forward(relu_->forward(inter));
  }
  return features;
}

DETFORGE_REGISTER(backbones, HourglassNet,
                  {.name = "HourglassNet",
                   .python = "mmdet.models.backbones.hourglass.HourglassNet",
                   .meaning = "stacked hourglasses (arXiv 1603.06937)"});

}  // namespace detforge
