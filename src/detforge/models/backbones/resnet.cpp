#include "detforge/models/backbones/resnet.h"

#include <algorithm>

#include "detforge/models/backbones/imagenet_init.h"
#include "detforge/models/blocks/basic_block.h"
#include "detforge/models/blocks/bottleneck.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/max_pool2d.h"

namespace detforge {
namespace resnet {

bool starts_from_scratch(const ResNet::Options& options) {
  return !options.pretrained && (!options.init_cfg || options.init_cfg->is_none());
}

/// The plugins whose `stages` hold for one stage.
std::vector<ConfigDict> stage_plugins(const ResNet::Options& options, std::size_t stage) {
  std::vector<ConfigDict> chosen;
  if (!options.plugins) return chosen;
  for (const ConfigDict& plugin : *options.plugins) {
    const Value* stages = plugin.find("stages");
    if (stages == nullptr || stages->is_none() || Conversion<std::vector<bool>>::from(*stages).at(stage)) chosen.push_back(plugin);
  }
  return chosen;
}

}  // namespace resnet

Arguments<ResNet::Options> ResNet::arguments() {
  return {
      arg(&Options::depth, "depth", required, "number of layers"),
      arg(&Options::in_channels, "in_channels", "channels of the image").at_least(1),
      arg(&Options::stem_channels, "stem_channels", "channels of the stem; None: base_channels"),
      arg(&Options::base_channels, "base_channels", "channels inside the first stage").at_least(1),
      arg(&Options::num_stages, "num_stages", "number of stages").at_least(1),
      arg(&Options::strides, "strides", "stride of each stage"),
      arg(&Options::dilations, "dilations", "dilation of each stage"),
      arg(&Options::out_indices, "out_indices", "stages whose features are given out"),
      arg(&Options::style, "style", "where a block's stride is: its 3×3 convolution, or its first (caffe)").one_of({"pytorch", "caffe"}),
      arg(&Options::deep_stem, "deep_stem", "three 3×3 convolutions instead of one of 7×7"),
      arg(&Options::avg_down, "avg_down", "blocks that change the size pool their input"),
      arg(&Options::frozen_stages, "frozen_stages", "stages up to this one do not learn, 0 is the stem; -1: all do").at_least(-1),
      arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
      arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
      arg(&Options::norm_eval, "norm_eval", "batch norms keep their statistics while training"),
      arg(&Options::dcn, "dcn", "deformable convolution in the middle of blocks"),
      arg(&Options::stage_with_dcn, "stage_with_dcn", "stages that have it"),
      arg(&Options::plugins, "plugins", "layers behind the convolutions of blocks: cfg, stages, position"),
      arg(&Options::with_cp, "with_cp", "computes activations anew to save memory; accepted, and the numbers are the same"),
      arg(&Options::zero_init_residual, "zero_init_residual", "blocks begin as the identity"),
      arg(&Options::pretrained, "pretrained", "weights to start training from").since_v2_27(),
      arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

const std::map<std::int64_t, std::vector<std::int64_t>>& ResNet::bottleneck_stages() {
  static const std::map<std::int64_t, std::vector<std::int64_t>> stages = {{50, {3, 4, 6, 3}}, {101, {3, 4, 23, 3}}, {152, {3, 8, 36, 3}}};
  return stages;
}

std::pair<ResidualBlockKind, std::vector<std::int64_t>> ResNet::architecture(std::int64_t depth) {
  if (depth == 18) return {BasicBlock::kind(), {2, 2, 2, 2}};
  if (depth == 34) return {BasicBlock::kind(), {3, 4, 6, 3}};
  const auto found = bottleneck_stages().find(depth);
  if (found == bottleneck_stages().end()) throw ArgumentError("depth", "must be one of 18, 34, 50, 101, 152, got " + std::to_string(depth));
  return {Bottleneck::kind(), found->second};
}

ResNet::Architecture ResNet::resnet_architecture(const Options& options) {
  auto [block, blocks] = architecture(options.depth);
  Architecture result{.python_name = "ResNet"};
  if (options.deep_stem) result.stem = Stem::Deep;
  for (std::size_t i = 0; i < blocks.size(); ++i) result.stages.push_back({block, options.base_channels << i, blocks[i], {}});
  result.last_norm = block.expansion == 1 ? "norm2" : "norm3";
  result.falls_back_on_stride = true;
  return result;
}

ResNet::Architecture ResNet::bottleneck_architecture(const std::string& python_name, const Options& options, const ResidualBlockKind& block,
                                                     const std::map<std::int64_t, std::vector<std::int64_t>>& stages_of_depth) {
  const auto found = stages_of_depth.find(options.depth);
  if (found == stages_of_depth.end()) {
    std::string depths;
    for (const auto& [depth, stages] : stages_of_depth) depths += std::to_string(depth) + ", ";
    throw ArgumentError("depth", "must be one of " + depths + "got " + std::to_string(options.depth));
  }
  Architecture result{.python_name = python_name};
  if (options.deep_stem) result.stem = Stem::Deep;
  for (std::size_t i = 0; i < found->second.size(); ++i) result.stages.push_back({block, options.base_channels << i, found->second[i], {}});
  return result;
}

void ResNet::check(const Options& options, std::int64_t num_stages) {
  if (num_stages > 4) throw ArgumentError("num_stages", "must be at most 4, got " + std::to_string(num_stages));
  const auto of_stages = [&](const char* name, std::size_t size) {
    if (static_cast<std::int64_t>(size) != num_stages) {
      throw ArgumentError(name,
                          "must have one entry for each of the " + std::to_string(num_stages) + " stages, got " + std::to_string(size));
    }
  };
  of_stages("strides", options.strides.size());
  of_stages("dilations", options.dilations.size());
  if (options.dcn) of_stages("stage_with_dcn", options.stage_with_dcn.size());
  if (options.plugins) {
    for (const ConfigDict& plugin : *options.plugins) {
      const Value* stages = plugin.find("stages");
      if (stages != nullptr && !stages->is_none()) of_stages("plugins", Conversion<std::vector<bool>>::from(*stages).size());
    }
  }
  for (const std::int64_t index : options.out_indices) {
    if (index < 0 || index >= num_stages) {
      throw ArgumentError("out_indices", "must lie between 0 and " + std::to_string(num_stages - 1) + ", got " + std::to_string(index));
    }
  }
  if (options.frozen_stages > num_stages) throw ArgumentError("frozen_stages", "must be at most " + std::to_string(num_stages));
}

ResNet::ResNet(const Options& options, const BuildContext& context) : ResNet(options, resnet_architecture(options), context) {}

ResNet::ResNet(const Options& options, const Architecture& architecture, const BuildContext& context)
    : Backbone(architecture.python_name),
      out_indices_(options.out_indices),
      frozen_stages_(options.frozen_stages),
      norm_eval_(options.norm_eval),
      zeroes_offsets_(options.dcn && context.reference == Reference::V2_8 && resnet::starts_from_scratch(options)),
      inplanes_(options.stem_channels.value_or(options.base_channels)) {
  expect_in_channels(options.in_channels);
  check(options, options.num_stages);
  make_stem(options, architecture.stem, context);
  for (std::size_t i = 0; i < static_cast<std::size_t>(options.num_stages); ++i) make_stage(options, architecture, i, context);
  show_init_cfg(context, imagenet_init_cfg(options.pretrained, options.init_cfg));
  freeze_stages();
}

void ResNet::make_stem(const Options& options, Stem stem, const BuildContext& context) {
  const std::int64_t channels = inplanes_;
  const auto conv = [&](std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size, std::int64_t stride) {
    const nn::Conv2d::Options layer{.in_channels = in_channels,
                                    .out_channels = out_channels,
                                    .kernel_size = kernel_size,
                                    .stride = stride,
                                    .padding = kernel_size / 2,
                                    .bias = false};
    return nn::build_conv_layer(options.conv_cfg, layer, context);
  };
  const auto relu = [] { return std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}); };
  if (stem == Stem::Deep) {
    auto layers = std::make_shared<nn::Sequential>();
    const std::int64_t half = channels / 2;
    for (const auto& [in_channels, out_channels] : {std::pair{options.in_channels, half}, {half, half}, {half, channels}}) {
      layers->append(conv(in_channels, out_channels, 3, layers->layers().empty() ? 2 : 1));
      layers->append(nn::build_norm_layer(options.norm_cfg, out_channels, context).layer);
      layers->append(relu());
    }
    stem_.push_back(register_module("stem", layers));
  } else {
    const bool three = stem == Stem::ThreeByThree;
    stem_.push_back(register_module("conv1", conv(options.in_channels, channels, three ? 3 : 7, 2)));
    auto norm = nn::build_norm_layer(options.norm_cfg, channels, context, "1");
    stem_.push_back(register_module(norm.name, norm.layer));
    stem_.push_back(register_module("relu", relu()));
  }
  if (stem != Stem::ThreeByThree) {
    maxpool_ =
        register_module("maxpool", std::make_shared<nn::MaxPool2d>(nn::MaxPool2d::Options{.kernel_size = 3, .stride = 2, .padding = 1}));
  }
}

void ResNet::make_stage(const Options& options, const Architecture& architecture, std::size_t index, const BuildContext& context) {
  const Stage& stage = architecture.stages.at(index);
  ResLayer::Options layer{.block = {.inplanes = inplanes_,
                                    .planes = stage.planes,
                                    .stride = options.strides[index],
                                    .dilation = options.dilations[index],
                                    .downsample = {},
                                    .caffe_style = options.style == "caffe",
                                    .conv_cfg = options.conv_cfg,
                                    .norm_cfg = options.norm_cfg,
                                    .conv2_cfg = {},
                                    .plugins = resnet::stage_plugins(options, index),
                                    .init_cfg = {}},
                          .num_blocks = stage.num_blocks,
                          .avg_down = options.avg_down,
                          .pools_without_stride = architecture.pools_without_stride,
                          .python_name = architecture.layer_python_name};
  if (options.dcn && options.stage_with_dcn[index]) {
    Value dcn = *options.dcn;
    const bool falls_back = dcn.pop("fallback_on_stride", false).as_bool() && architecture.falls_back_on_stride;
    layer.block.conv2_cfg = ConfigDict(dcn);
    if (options.conv_cfg) throw ArgumentError("dcn", "cannot be given beside 'conv_cfg'");
    // Python takes the key out of the dict that all blocks share: only the very first block falls back.
    const auto first = std::find(options.stage_with_dcn.begin(), options.stage_with_dcn.end(), true) - options.stage_with_dcn.begin();
    layer.fallback_on_stride = falls_back && static_cast<std::size_t>(first) == index;
  }
  if (options.zero_init_residual && resnet::starts_from_scratch(options) && !architecture.last_norm.empty()) {
    const Value override = Value::dict({{"name", architecture.last_norm}});
    layer.block.init_cfg = Value::dict({{"type", "Constant"}, {"val", 0}, {"override", override}});
  }
  const auto made =
      stage.make_layer ? stage.make_layer(stage.block, layer, context) : std::make_shared<ResLayer>(stage.block, layer, context);
  stages_.push_back(register_module("layer" + std::to_string(index + 1), made));
  inplanes_ = stage.planes * stage.block.expansion;
}

void ResNet::freeze_stages() {
  if (frozen_stages_ < 0) return;
  for (const auto& part : stem_) nn::freeze(*part);
  for (std::size_t i = 0; i < static_cast<std::size_t>(frozen_stages_); ++i) nn::freeze(*stages_[i]);
}

void ResNet::init_weights(const nn::PretrainedLoader& load_pretrained) {
  Backbone::init_weights(load_pretrained);
  if (!zeroes_offsets_) return;
  for (const auto& module : modules()) {
    auto* ours = dynamic_cast<nn::Module*>(module.get());
    nn::Module* offset = ours != nullptr ? ours->part("conv_offset") : nullptr;
    if (offset != nullptr) nn::constant_init(*offset, 0);
  }
}

void ResNet::train(bool on) {
  Backbone::train(on);
  freeze_stages();
  if (on && norm_eval_) nn::set_batch_norms_to_eval(*this);
}

torch::Tensor ResNet::forward_stem(const torch::Tensor& image) {
  torch::Tensor level = image;
  for (const auto& part : stem_) level = part->forward(level);
  return maxpool_ ? maxpool_->forward(level) : level;
}

bool ResNet::gives_out(std::size_t stage) const {
  return std::find(out_indices_.begin(), out_indices_.end(), static_cast<std::int64_t>(stage)) != out_indices_.end();
}

nn::Features ResNet::compute(const torch::Tensor& image) {
  torch::Tensor level = forward_stem(image);
  nn::Features features;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    level = stages_[i]->forward(level);
    if (gives_out(i)) features.push_back(level);
  }
  return features;
}

DETFORGE_REGISTER(backbones, ResNet,
                  {.name = "ResNet", .python = "mmdet.models.backbones.resnet.ResNet", .meaning = "ResNet (arXiv 1512.03385)"});

}  // namespace detforge
