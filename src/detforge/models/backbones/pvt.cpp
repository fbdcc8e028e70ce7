#include <algorithm>
#include <cmath>
#include <numeric>

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/backbones/official_weights.h"
#include "detforge/models/backbones/pvt_convert.h"
#include "detforge/models/blocks/absolute_position_embedding.h"
#include "detforge/models/blocks/drop_path.h"
#include "detforge/models/blocks/patch_embed.h"
#include "detforge/models/blocks/pvt_encoder_layer.h"
#include "detforge/nn/layers/layer_norm.h"
#include "detforge/nn/layers/linear.h"

namespace detforge {

/// A stage of a PVT: patches, layers, a normalisation.
class PVTStage : public nn::Module {
 public:
  PVTStage(const PatchEmbed::Options& patches, const std::vector<std::shared_ptr<TokenLayer>>& layers, std::shared_ptr<nn::Layer> norm,
           const BuildContext& context)
      : Module("ModuleList") {
    patch_embed_ = register_module("0", std::make_shared<PatchEmbed>(patches, context));
    layers_ = register_module("1", std::make_shared<nn::BaseModuleList<TokenLayer>>());
    for (const auto& layer : layers) layers_->append(layer);
    norm_ = register_module("2", std::move(norm));
  }

  /// [N, C, H, W] → [N, C', H', W']
  torch::Tensor forward(const torch::Tensor& map) {
    return nn::observed(*this, {&map, 1}, [&] {
      TokenMap seen = patch_embed_->forward(map);
      for (const auto& layer : *layers_) seen.tokens = layer->forward(seen);
      return nlc_to_nchw(norm_->forward(seen.tokens), seen.size);
    });
  }

 private:
  std::shared_ptr<PatchEmbed> patch_embed_;
  std::shared_ptr<nn::BaseModuleList<TokenLayer>> layers_;
  std::shared_ptr<nn::Layer> norm_;
};

/// PVT (arXiv 2102.12122): transformers over ever smaller maps, [N, 3, H, W] → one level per `out_indices` (strides 4, 8, 16, 32).
class PyramidVisionTransformer : public Backbone, public nn::ForeignWeights {
 public:
  struct Options {
    nn::Pair pretrain_img_size = 224;
    std::int64_t in_channels = 3;
    std::int64_t embed_dims = 64;
    std::int64_t num_stages = 4;
    std::vector<std::int64_t> num_layers = {3, 4, 6, 3};
    std::vector<std::int64_t> num_heads = {1, 2, 5, 8};
    std::vector<std::int64_t> patch_sizes = {4, 2, 2, 2};
    std::vector<std::int64_t> strides = {4, 2, 2, 2};
    std::vector<std::int64_t> paddings = {0, 0, 0, 0};
    std::vector<std::int64_t> sr_ratios = {8, 4, 2, 1};
    std::vector<std::int64_t> out_indices = {0, 1, 2, 3};
    std::vector<std::int64_t> mlp_ratios = {8, 8, 4, 4};
    bool qkv_bias = true;
    double drop_rate = 0;
    double attn_drop_rate = 0;
    double drop_path_rate = 0.1;
    bool use_abs_pos_embed = true;
    bool norm_after_stage = false;
    bool use_conv_ffn = false;
    ConfigDict act_cfg = {{"type", "GELU"}};
    ConfigDict norm_cfg = {{"type", "LN"}, {"eps", 1e-6}};
    std::optional<std::string> pretrained;
    bool convert_weights = true;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  PyramidVisionTransformer(const Options& options, const BuildContext& context)
      : PyramidVisionTransformer("PyramidVisionTransformer", options, context) {}
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;
  nn::Tensors take_up(nn::Tensors saved) const override { return options_.convert_weights ? convert_official_pvt(saved) : saved; }

 protected:
  PyramidVisionTransformer(std::string python_name, const Options& options, const BuildContext& context);
  nn::Features compute(const torch::Tensor& image) override;

 private:
  static void check(const Options& options);
  std::vector<std::shared_ptr<TokenLayer>> make_layers(std::size_t stage, std::span<const double> drop_path_rates,
                                                       const BuildContext& context) const;
  std::int64_t channels(std::size_t stage) const { return options_.embed_dims * options_.num_heads[stage]; }

  Options options_;
  std::optional<std::string> checkpoint_;
  std::shared_ptr<nn::BaseModuleList<PVTStage>> layers_;
};

Arguments<PyramidVisionTransformer::Options> PyramidVisionTransformer::arguments() {
  return {arg(&Options::pretrain_img_size, "pretrain_img_size", "size of the images that positions were trained with, px"),
          arg(&Options::in_channels, "in_channels", "channels of the image").at_least(1),
          arg(&Options::embed_dims, "embed_dims", "channels of a head").at_least(1),
          arg(&Options::num_stages, "num_stages", "number of stages").at_least(1),
          arg(&Options::num_layers, "num_layers", "layers of each stage"),
          arg(&Options::num_heads, "num_heads", "heads of each stage's attention"),
          arg(&Options::patch_sizes, "patch_sizes", "side of each stage's patches"),
          arg(&Options::strides, "strides", "step between each stage's patches"),
          arg(&Options::paddings, "paddings", "zeros around each stage's input"),
          arg(&Options::sr_ratios, "sr_ratios", "how much smaller the maps are along each side that each stage's tokens look at"),
          arg(&Options::out_indices, "out_indices", "stages whose features are given out"),
          arg(&Options::mlp_ratios, "mlp_ratios", "how much wider each stage's feed-forward networks are inside"),
          arg(&Options::qkv_bias, "qkv_bias", "whether queries, keys and values have a bias"),
          arg(&Options::drop_rate, "drop_rate", "probability of a number to become 0 while learning"),
          arg(&Options::attn_drop_rate, "attn_drop_rate", "the same of the attention's weights"),
          arg(&Options::drop_path_rate, "drop_path_rate", "how often the last layer is left out while learning; the first one never is"),
          arg(&Options::use_abs_pos_embed, "use_abs_pos_embed", "whether tokens know where in the image they lie"),
          arg(&Options::norm_after_stage, "norm_after_stage", "whether a stage's tokens are normalised at its end"),
          arg(&Options::use_conv_ffn, "use_conv_ffn", "whether feed-forward networks see a token's neighbours"),
          arg(&Options::act_cfg, "act_cfg", "activation layer").built_by("ACTIVATION_LAYERS"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer").built_by("NORM_LAYERS"),
          arg(&Options::pretrained, "pretrained", "weights to start training from"),
          arg(&Options::convert_weights, "convert_weights", "whether those are the official ones"),
          arg(&Options::init_cfg, "init_cfg", "the same weights: dict(type='Pretrained', checkpoint=…)")};
}

void PyramidVisionTransformer::check(const Options& options) {
  const auto stages = static_cast<std::size_t>(options.num_stages);
  const std::pair<const char*, const std::vector<std::int64_t>&> lists[] = {
      {"num_layers", options.num_layers}, {"num_heads", options.num_heads}, {"patch_sizes", options.patch_sizes},
      {"strides", options.strides},       {"paddings", options.paddings},   {"sr_ratios", options.sr_ratios},
      {"mlp_ratios", options.mlp_ratios}};
  for (const auto& [name, list] : lists) {
    if (list.size() != stages) throw ArgumentError(name, "must have num_stages entries, " + std::to_string(stages));
  }
  for (const std::int64_t index : options.out_indices) {
    if (index < 0 || index >= options.num_stages) {
      throw ArgumentError("out_indices", "must lie between 0 and " + std::to_string(stages - 1) + ", got " + std::to_string(index));
    }
  }
}

PyramidVisionTransformer::PyramidVisionTransformer(std::string name, const Options& options, const BuildContext& context)
    : Backbone(std::move(name)), options_(options), checkpoint_(checkpoint_to_begin_with(options.pretrained, options.init_cfg)) {
  expect_in_channels(options.in_channels);
  check(options);
  layers_ = register_module("layers", std::make_shared<nn::BaseModuleList<PVTStage>>());
  const std::vector<double> rates =
      growing_drop_path_rates(options.drop_path_rate, std::reduce(options.num_layers.begin(), options.num_layers.end()));
  auto first = rates.begin();
  std::int64_t in_channels = options.in_channels;
  for (std::size_t i = 0; i < options.num_layers.size(); ++i) {
    const PatchEmbed::Options patches{.in_channels = in_channels,
                                      .embed_dims = channels(i),
                                      .kernel_size = options.patch_sizes[i],
                                      .stride = options.strides[i],
                                      .padding = options.paddings[i],
                                      .norm_cfg = options.norm_cfg};
    const auto layers = make_layers(i, {first, first + options.num_layers[i]}, context);
    std::shared_ptr<nn::Layer> norm = std::make_shared<nn::Identity>();
    if (options.norm_after_stage) norm = nn::build_norm_layer(options.norm_cfg, channels(i), context).layer;
    layers_->append(std::make_shared<PVTStage>(patches, layers, std::move(norm), context));
    first += options.num_layers[i];
    in_channels = channels(i);
  }
  const bool by_pretrained = options.pretrained && !options.pretrained->empty();
  show_init_cfg(context, by_pretrained ? Value::dict({{"type", "Pretrained"}, {"checkpoint", *options.pretrained}}) : options.init_cfg);
}

std::vector<std::shared_ptr<TokenLayer>> PyramidVisionTransformer::make_layers(std::size_t stage, std::span<const double> drop_path_rates,
                                                                               const BuildContext& context) const {
  std::vector<std::shared_ptr<TokenLayer>> layers;
  if (options_.use_abs_pos_embed) {
    const auto& sizes = options_.patch_sizes;
    const std::int64_t step =
        std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(stage) + 1, std::int64_t{1}, std::multiplies());
    const ImageSize map{options_.pretrain_img_size.height / step, options_.pretrain_img_size.width / step};
    layers.push_back(std::make_shared<AbsolutePositionEmbedding>(
        AbsolutePositionEmbedding::Options{.size = map, .channels = channels(stage), .drop_rate = options_.drop_rate}));
  }
  PVTEncoderLayer::Options layer{.attention = {.embed_dims = channels(stage),
                                               .num_heads = options_.num_heads[stage],
                                               .attn_drop = options_.attn_drop_rate,
                                               .proj_drop = options_.drop_rate,
                                               .qkv_bias = options_.qkv_bias,
                                               .norm_cfg = options_.norm_cfg,
                                               .sr_ratio = options_.sr_ratios[stage]},
                                 .feedforward_channels = options_.mlp_ratios[stage] * channels(stage),
                                 .drop_rate = options_.drop_rate,
                                 .act_cfg = options_.act_cfg,
                                 .use_conv_ffn = options_.use_conv_ffn};
  for (const double rate : drop_path_rates) {
    layer.attention.drop_path_rate = rate;
    layers.push_back(std::make_shared<PVTEncoderLayer>(layer, context));
  }
  return layers;
}

void PyramidVisionTransformer::init_weights(const nn::PretrainedLoader& load_pretrained) {
  if (checkpoint_) {
    if (load_pretrained) load_pretrained(*this, {*checkpoint_, std::nullopt});
    return;
  }
  for (const auto& part : modules()) {
    if (auto* linear = dynamic_cast<nn::Linear*>(part.get())) {
      nn::trunc_normal_init(*linear, 0, 0.02);
    } else if (auto* norm = dynamic_cast<nn::LayerNorm*>(part.get())) {
      nn::constant_init(*norm, 1);
    } else if (auto* conv = dynamic_cast<nn::Conv2d*>(part.get())) {
      const nn::Conv2d::Options& layer = conv->options();
      const std::int64_t fan_out = layer.kernel_size.height * layer.kernel_size.width * layer.out_channels / layer.groups;
      nn::normal_init(*conv, 0, std::sqrt(2.0 / static_cast<double>(fan_out)));
    } else if (auto* positions = dynamic_cast<AbsolutePositionEmbedding*>(part.get())) {
      positions->init_weights(load_pretrained);
    }
  }
}

nn::Features PyramidVisionTransformer::compute(const torch::Tensor& image) {
  nn::Features features;
  torch::Tensor map = image;
  for (std::size_t stage = 0; stage < layers_->size(); ++stage) {
    map = (*layers_)[stage].forward(map);
    const bool is_wanted = std::ranges::find(options_.out_indices, static_cast<std::int64_t>(stage)) != options_.out_indices.end();
    if (is_wanted) features.push_back(map);
  }
  return features;
}

/// PVTv2 (arXiv 2106.13797): patches overlap, and feed-forward networks see a token's neighbours instead of positions.
class PyramidVisionTransformerV2 : public PyramidVisionTransformer {
 public:
  struct Options : PyramidVisionTransformer::Options {
    Options() {
      patch_sizes = {7, 3, 3, 3};
      paddings = {3, 1, 1, 1};
      use_abs_pos_embed = false;
      norm_after_stage = true;
      use_conv_ffn = true;
    }
  };
  static Arguments<Options> arguments() {
    const Arguments<Options> all = {PyramidVisionTransformer::arguments(),
                                    arg(&Options::num_stages, "num_stages", "number of stages, 4 as of patch sizes").one_of({4})};
    return all.without({"patch_sizes", "paddings", "use_abs_pos_embed", "norm_after_stage", "use_conv_ffn"});
  }

  PyramidVisionTransformerV2(const Options& options, const BuildContext& context)
      : PyramidVisionTransformer("PyramidVisionTransformerV2", options, context) {}
};

DETFORGE_REGISTER(backbones, PyramidVisionTransformer,
                  {.name = "PyramidVisionTransformer",
                   .python = "mmdet.models.backbones.pvt.PyramidVisionTransformer",
                   .meaning = "PVT: transformers over ever smaller maps",
                   .since = Reference::V2_27});
DETFORGE_REGISTER(backbones, PyramidVisionTransformerV2,
                  {.name = "PyramidVisionTransformerV2",
                   .python = "mmdet.models.backbones.pvt.PyramidVisionTransformerV2",
                   .meaning = "PVTv2: overlapping patches, convolutions for positions",
                   .since = Reference::V2_27});

}  // namespace detforge
