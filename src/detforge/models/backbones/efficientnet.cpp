#include <algorithm>
#include <cmath>
#include <map>

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/blocks/drop_path.h"
#include "detforge/models/blocks/edge_residual.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// EfficientNet (arXiv 1905.11946): [N, 3, H, W] → one level per `out_indices`; 0 is the first convolution (stride 2), 1 to 5 are the
/// stages (strides 2, 4, 8, 16, 32), 6 is the last 1×1 convolution. What lies behind the last one given out is not built.
class EfficientNet : public Backbone {
 public:
  struct Options {
    std::string arch = "b0";
    double drop_path_rate = 0;
    std::vector<std::int64_t> out_indices = {6};
    std::int64_t frozen_stages = 0;
    std::optional<ConfigDict> conv_cfg = ConfigDict{{"type", "Conv2dAdaptivePadding"}};
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "BN"}, {"eps", 1e-3}};
    std::optional<ConfigDict> act_cfg = ConfigDict{{"type", "Swish"}};
    bool norm_eval = false;
    bool with_cp = false;
    std::optional<Value> init_cfg =
        Value::list({Value::dict({{"type", "Kaiming"}, {"layer", "Conv2d"}}),
                     Value::dict({{"type", "Constant"}, {"layer", Value::list({"_BatchNorm", "GroupNorm"})}, {"val", 1}})});
  };
  static Arguments<Options> arguments();

  EfficientNet(const Options& options, const BuildContext& context);
  void train(bool on = true) override;

 protected:
  nn::Features compute(const torch::Tensor& image) override;

 private:
  struct Block {
    std::int64_t kernel_size;
    std::int64_t channels;
    std::int64_t se_ratio;  ///< how much narrower the weighing of channels is than the block's input; 0: there is none
    std::int64_t stride;
    std::int64_t expand_ratio;
  };
  using Stage = std::vector<Block>;
  struct Architecture {
    bool for_edge;  ///< the first three stages are of EdgeResiduals
    double width;
    double depth;
  };
  static const std::map<std::string, Architecture>& architectures();
  static std::vector<Stage> stages_of(const Architecture& architecture);
  /// Blocks of equal channels next to each other make a run, which `depth` makes longer; a run that does not stride stays with
  /// the stage before it.
  static std::vector<Stage> scaled(const std::vector<Stage>& stages, double width, double depth);
  std::shared_ptr<nn::Layer> make_block(const Block& block, bool is_edge, bool is_first, double drop_path_rate,
                                        const BuildContext& context);
  std::shared_ptr<nn::ConvModule> make_conv(std::int64_t out_channels, std::int64_t kernel_size, std::int64_t stride,
                                            const BuildContext& context) const;

  Options options_;
  nn::LayerConfigs configs_;
  std::int64_t channels_ = 3;  // of the last layer so far
  std::shared_ptr<nn::ModuleList<>> layers_;
};

namespace {

constexpr std::int64_t efficientnet_last_layer = 6;

}  // namespace

const std::map<std::string, EfficientNet::Architecture>& EfficientNet::architectures() {
  static const std::map<std::string, Architecture> all = {{"b0", {false, 1.0, 1.0}}, {"b1", {false, 1.0, 1.1}}, {"b2", {false, 1.1, 1.2}},
                                                          {"b3", {false, 1.2, 1.4}}, {"b4", {false, 1.4, 1.8}}, {"b5", {false, 1.6, 2.2}},
                                                          {"b6", {false, 1.8, 2.6}}, {"b7", {false, 2.0, 3.1}}, {"b8", {false, 2.2, 3.6}},
                                                          {"es", {true, 1.0, 1.0}},  {"em", {true, 1.0, 1.1}},  {"el", {true, 1.2, 1.4}}};
  return all;
}

std::vector<EfficientNet::Stage> EfficientNet::stages_of(const Architecture& architecture) {
  // The first block strides, `count - 1` follow.
  const auto run = [](Block block, std::size_t count) {
    Stage blocks(count, block);
    for (std::size_t i = 1; i < count; ++i) blocks[i].stride = 1;
    return blocks;
  };
  const auto join = [](Stage first, const Stage& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  };
  if (architecture.for_edge) {
    return {run({3, 24, 0, 1, 3}, 1), run({3, 32, 0, 2, 8}, 2), run({3, 48, 0, 2, 8}, 4),
            join(run({5, 96, 0, 2, 8}, 5), run({5, 144, 0, 1, 8}, 4)), run({5, 192, 0, 2, 8}, 2)};
  }
  return {run({3, 16, 4, 1, 1}, 1), run({3, 24, 4, 2, 6}, 2), run({5, 40, 4, 2, 6}, 2),
          join(run({3, 80, 4, 2, 6}, 3), run({5, 112, 4, 1, 6}, 3)), join(run({5, 192, 4, 2, 6}, 4), run({3, 320, 4, 1, 6}, 1))};
}

std::vector<EfficientNet::Stage> EfficientNet::scaled(const std::vector<Stage>& stages, double width, double depth) {
  std::vector<Stage> result;
  for (const Stage& stage : stages) {
    for (auto first = stage.begin(); first != stage.end();) {
      const auto channels = [&](const Block& block) { return make_divisible(static_cast<double>(block.channels) * width, 8); };
      const auto last = std::find_if(first, stage.end(), [&](const Block& block) { return channels(block) != channels(*first); });
      Stage run(first, last);
      run.resize(static_cast<std::size_t>(std::ceil(depth * static_cast<double>(run.size()))), run.back());
      for (Block& block : run) block.channels = channels(block);
      if (run.front().stride == 1 && !result.empty()) {
        result.back().insert(result.back().end(), run.begin(), run.end());
      } else {
        result.push_back(std::move(run));
      }
      first = last;
    }
  }
  return result;
}

Arguments<EfficientNet::Options> EfficientNet::arguments() {
  std::vector<std::string> names;
  for (const auto& [name, architecture] : architectures()) names.push_back(name);
  return {arg(&Options::arch, "arch", "width and depth: b0 to b8, or es, em, el for edge devices").one_of(names),
          arg(&Options::drop_path_rate, "drop_path_rate", "how often the last block is left out while learning; the first one never is"),
          arg(&Options::out_indices, "out_indices", "layers whose features are given out; 6 is the last convolution"),
          arg(&Options::frozen_stages, "frozen_stages", "so many layers do not learn").at_least(0),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::act_cfg, "act_cfg", "activation layer"),
          arg(&Options::norm_eval, "norm_eval", "batch norms keep their statistics while training"),
          arg(&Options::with_cp, "with_cp", "recompute activations in the backward pass to save memory"),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

EfficientNet::EfficientNet(const Options& options, const BuildContext& context)
    : Backbone("EfficientNet"), options_(options), configs_{options.conv_cfg, options.norm_cfg, options.act_cfg} {
  for (const std::int64_t index : options.out_indices) {
    if (index < 0 || index > efficientnet_last_layer) {
      throw ArgumentError("out_indices", "must lie between 0 and 6, got " + std::to_string(index));
    }
  }
  if (options.out_indices.empty()) throw ArgumentError("out_indices", "must have an entry");
  if (options.frozen_stages > efficientnet_last_layer + 1) throw ArgumentError("frozen_stages", "must be at most 7");
  if (!options.act_cfg) throw ArgumentError("act_cfg", "must be given");
  const auto last = static_cast<std::size_t>(*std::max_element(options.out_indices.begin(), options.out_indices.end()));
  const Architecture& architecture = architectures().at(options.arch);
  const std::vector<Stage> stages = scaled(stages_of(architecture), architecture.width, architecture.depth);
  const auto widened = [&](double channels) { return make_divisible(channels * architecture.width, 8); };
  std::size_t blocks = 0;
  for (const Stage& stage : stages) blocks += stage.size();
  const std::vector<double> drop_path_rates = growing_drop_path_rates(options.drop_path_rate, static_cast<std::int64_t>(blocks));

  layers_ = register_module("layers", std::make_shared<nn::ModuleList<>>());
  layers_->append(make_conv(widened(32), 3, 2, context));
  channels_ = widened(32);
  std::size_t block_index = 0;
  for (std::size_t i = 0; i < std::min(stages.size(), last); ++i) {
    auto sequence = std::make_shared<nn::BaseSequential>();
    constexpr std::size_t edge_stages = 3;
    const bool is_edge = architecture.for_edge && i < edge_stages;
    for (const Block& block : stages[i]) {
      sequence->append(make_block(block, is_edge, &block == &stages[i].front(), drop_path_rates[block_index++], context));
      channels_ = block.channels;
    }
    layers_->append(std::move(sequence));
  }
  if (layers_->size() <= last) layers_->append(make_conv(widened(1280), 1, 1, context));
  show_init_cfg(context, options.init_cfg);
}

std::shared_ptr<nn::ConvModule> EfficientNet::make_conv(std::int64_t out_channels, std::int64_t kernel_size, std::int64_t stride,
                                                        const BuildContext& context) const {
  const nn::ConvModule::Options conv{.in_channels = channels_,
                                     .out_channels = out_channels,
                                     .kernel_size = kernel_size,
                                     .stride = stride,
                                     .padding = kernel_size / 2,
                                     .layers = configs_};
  return std::make_shared<nn::ConvModule>(conv, context);
}

std::shared_ptr<nn::Layer> EfficientNet::make_block(const Block& block, bool is_edge, bool is_first, double drop_path_rate,
                                                    const BuildContext& context) {
  // The blocks by which the first stage for edge devices is longer in larger networks are wider and have no shortcut.
  const bool is_further = is_edge && !is_first && block.expand_ratio == 3;
  const std::int64_t expand_ratio = is_further ? 4 : block.expand_ratio;
  EdgeResidual::Options options;
  options.in_channels = channels_;
  options.out_channels = block.channels;
  options.mid_channels = channels_ * expand_ratio;
  options.kernel_size = block.kernel_size;
  options.stride = block.stride;
  options.with_expand_conv = expand_ratio != 1;
  options.layers = configs_;
  options.drop_path_rate = drop_path_rate;
  options.with_residual = !is_further;
  if (block.se_ratio > 0) {
    SELayer::Options se;
    se.channels = options.mid_channels;
    se.inner_channels = options.mid_channels / (expand_ratio * block.se_ratio);
    se.inner_act_cfg = *configs_.act_cfg;
    options.se = se;
  }
  if (is_edge) return std::make_shared<EdgeResidual>(options, context);
  return std::make_shared<InvertedResidual>(options, context);
}

void EfficientNet::train(bool on) {
  Backbone::train(on);
  const auto frozen = std::min(layers_->size(), static_cast<std::size_t>(options_.frozen_stages));
  for (std::size_t i = 0; i < frozen; ++i) nn::freeze((*layers_)[i]);
  if (on && options_.norm_eval) nn::set_batch_norms_to_eval(*this);
}

nn::Features EfficientNet::compute(const torch::Tensor& image) {
  nn::Features features;
  torch::Tensor level = image;
  for (std::size_t i = 0; i < layers_->size(); ++i) {
    level = (*layers_)[i].forward(level);
    const bool is_wanted = std::ranges::find(options_.out_indices, static_cast<std::int64_t>(i)) != options_.out_indices.end();
    if (is_wanted) features.push_back(level);
  }
  return features;
}

DETFORGE_REGISTER(backbones, EfficientNet,
                  {.name = "EfficientNet",
                   .python = "mmdet.models.backbones.efficientnet.EfficientNet",
                   .meaning = "EfficientNet",
                   .since = Reference::V2_27});

}  // namespace detforge
