#include <map>
#include <numeric>
#include <span>

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/backbones/official_weights.h"
#include "detforge/models/backbones/swin_convert.h"
#include "detforge/models/blocks/drop_path.h"
#include "detforge/models/blocks/patch_embed.h"
#include "detforge/models/blocks/swin_block.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/layer_norm.h"

namespace detforge {

/// Swin (arXiv 2103.14030): attention within windows of four stages, [N, 3, H, W] → one level per `out_indices` (strides 4, 8, 16, 32).
class SwinTransformer : public Backbone, public nn::ForeignWeights {
 public:
  struct Options {
    nn::Pair pretrain_img_size = 224;
    std::int64_t in_channels = 3;
    std::int64_t embed_dims = 96;
    std::int64_t patch_size = 4;
    std::int64_t window_size = 7;
    std::int64_t mlp_ratio = 4;
    std::vector<std::int64_t> depths = {2, 2, 6, 2};
    std::vector<std::int64_t> num_heads = {3, 6, 12, 24};
    std::vector<std::int64_t> strides = {4, 2, 2, 2};
    std::vector<std::int64_t> out_indices = {0, 1, 2, 3};
    bool qkv_bias = true;
    std::optional<double> qk_scale;
    bool patch_norm = true;
    double drop_rate = 0;
    double attn_drop_rate = 0;
    double drop_path_rate = 0.1;
    bool use_abs_pos_embed = false;
    ConfigDict act_cfg = {{"type", "GELU"}};
    ConfigDict norm_cfg = {{"type", "LN"}};
    bool with_cp = false;
    std::optional<std::string> pretrained;
    bool convert_weights = false;
    std::int64_t frozen_stages = -1;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  SwinTransformer(const Options& options, const BuildContext& context);
  void train(bool on = true) override;
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;
  void reset_parameters() override;
  nn::Tensors take_up(nn::Tensors saved) const override;

 protected:
  nn::Features compute(const torch::Tensor& image) override;

 private:
  static void check(const Options& options);
  std::shared_ptr<SwinBlockSequence> make_stage(std::size_t stage, std::span<const double> drop_path_rates,
                                                const BuildContext& context) const;
  /// Channels of a stage's tokens.
  std::int64_t channels(std::size_t stage) const { return options_.embed_dims << stage; }
  torch::Tensor absolute_positions(ImageSize size) const;

  Options options_;
  std::optional<std::string> checkpoint_;
  std::shared_ptr<PatchEmbed> patch_embed_;
  torch::Tensor absolute_pos_embed_;  // [1, embed_dims, rows, columns] of the images that it was trained with; undefined without
  std::shared_ptr<nn::Dropout> drop_after_pos_;
  std::shared_ptr<nn::BaseModuleList<SwinBlockSequence>> stages_;
  std::map<std::size_t, std::shared_ptr<nn::Layer>> norms_;  // by stage
};

Arguments<SwinTransformer::Options> SwinTransformer::arguments() {
  return {arg(&Options::pretrain_img_size, "pretrain_img_size", "size of the images that absolute positions were trained with, px"),
          arg(&Options::in_channels, "in_channels", "channels of the image").at_least(1),
          arg(&Options::embed_dims, "embed_dims", "channels of the first stage; they double with each").at_least(1),
          arg(&Options::patch_size, "patch_size", "side of the patches that become tokens, px").at_least(1),
          arg(&Options::window_size, "window_size", "side of the windows, tokens").at_least(1),
          arg(&Options::mlp_ratio, "mlp_ratio", "how much wider the feed-forward networks are inside").at_least(1),
          arg(&Options::depths, "depths", "blocks of each stage"),
          arg(&Options::num_heads, "num_heads", "heads of each stage's attention"),
          arg(&Options::strides, "strides", "the patch size, then by how much each stage's map is smaller than the last one's"),
          arg(&Options::out_indices, "out_indices", "stages whose features are given out"),
          arg(&Options::qkv_bias, "qkv_bias", "whether queries, keys and values have a bias"),
          arg(&Options::qk_scale, "qk_scale", "factor of the products; None: one over the root of a head's channels"),
          arg(&Options::patch_norm, "patch_norm", "whether patches are normalised"),
          arg(&Options::drop_rate, "drop_rate", "probability of a number to become 0 while learning"),
          arg(&Options::attn_drop_rate, "attn_drop_rate", "the same of the attention's weights"),
          arg(&Options::drop_path_rate, "drop_path_rate", "how often the last block is left out while learning; the first one never is"),
          arg(&Options::use_abs_pos_embed, "use_abs_pos_embed", "whether tokens know where in the image they lie"),
          arg(&Options::act_cfg, "act_cfg", "activation layer").built_by("ACTIVATION_LAYERS"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer").built_by("NORM_LAYERS"),
          arg(&Options::with_cp, "with_cp", "recompute activations in the backward pass to save memory"),
          arg(&Options::pretrained, "pretrained", "weights to start training from"),
          arg(&Options::convert_weights, "convert_weights", "whether those are the official ones"),
          arg(&Options::frozen_stages, "frozen_stages", "so many stages and the patches do not learn; -1: all do").at_least(-1),
          arg(&Options::init_cfg, "init_cfg", "the same weights: dict(type='Pretrained', checkpoint=…)")};
}

void SwinTransformer::check(const Options& options) {
  const std::size_t stages = options.depths.size();
  const std::string for_each = "must have an entry for each of depths, " + std::to_string(stages);
  if (stages == 0) throw ArgumentError("depths", "must have an entry");
  if (options.num_heads.size() < stages) throw ArgumentError("num_heads", for_each);
  if (options.strides.size() < stages) throw ArgumentError("strides", for_each);
  if (options.strides[0] != options.patch_size) {
    throw ArgumentError("strides", "must begin with patch_size, " + std::to_string(options.patch_size));
  }
  for (std::size_t i = 0; i < stages; ++i) {
    if (options.num_heads[i] <= 0 || (options.embed_dims << i) % options.num_heads[i] != 0) {
      throw ArgumentError("num_heads", "must divide the channels of each stage: " + std::to_string(options.num_heads[i]) +
                                           " does not divide " + std::to_string(options.embed_dims << i));
    }
  }
  for (const std::int64_t index : options.out_indices) {
    if (index < 0 || index >= static_cast<std::int64_t>(stages)) {
      throw ArgumentError("out_indices", "must lie between 0 and " + std::to_string(stages - 1) + ", got " + std::to_string(index));
    }
  }
  if (options.frozen_stages > static_cast<std::int64_t>(stages)) {
    throw ArgumentError("frozen_stages", "must be at most " + std::to_string(stages));
  }
}

SwinTransformer::SwinTransformer(const Options& options, const BuildContext& context)
    : Backbone("SwinTransformer"), options_(options), checkpoint_(checkpoint_to_begin_with(options.pretrained, options.init_cfg)) {
  expect_in_channels(options.in_channels);
  check(options);
  const PatchEmbed::Options patches{.in_channels = options.in_channels,
                                    .embed_dims = options.embed_dims,
                                    .kernel_size = options.patch_size,
                                    .stride = options.strides[0],
                                    .norm_cfg = options.patch_norm ? std::optional(options.norm_cfg) : std::nullopt};
  patch_embed_ = register_module("patch_embed", std::make_shared<PatchEmbed>(patches, context));
  if (options.use_abs_pos_embed) {
    const nn::Pair& image = options.pretrain_img_size;
    absolute_pos_embed_ = register_parameter(
        "absolute_pos_embed", torch::empty({1, options.embed_dims, image.height / options.patch_size, image.width / options.patch_size}));
  }
  drop_after_pos_ = register_module("drop_after_pos", std::make_shared<nn::Dropout>(nn::Dropout::Options{.p = options.drop_rate}));
  stages_ = register_module("stages", std::make_shared<nn::BaseModuleList<SwinBlockSequence>>());
  const std::vector<double> rates =
      growing_drop_path_rates(options.drop_path_rate, std::reduce(options.depths.begin(), options.depths.end()));
  auto first = rates.begin();
  for (std::size_t i = 0; i < options.depths.size(); ++i) {
    stages_->append(make_stage(i, {first, first + options.depths[i]}, context));
    first += options.depths[i];
  }
  for (const std::int64_t index : options.out_indices) {
    const auto stage = static_cast<std::size_t>(index);
    norms_[stage] = register_module("norm" + std::to_string(index), nn::build_norm_layer(options.norm_cfg, channels(stage), context).layer);
  }
  show_init_cfg(context, options.init_cfg);
}

std::shared_ptr<SwinBlockSequence> SwinTransformer::make_stage(std::size_t stage, std::span<const double> drop_path_rates,
                                                               const BuildContext& context) const {
  SwinBlock::Options block{.attention = {.window = {.embed_dims = channels(stage),
                                                    .num_heads = options_.num_heads[stage],
                                                    .window_size = options_.window_size,
                                                    .qkv_bias = options_.qkv_bias,
                                                    .qk_scale = options_.qk_scale,
                                                    .attn_drop_rate = options_.attn_drop_rate,
                                                    .proj_drop_rate = options_.drop_rate}},
                           .feedforward_channels = options_.mlp_ratio * channels(stage),
                           .drop_rate = options_.drop_rate,
                           .act_cfg = options_.act_cfg,
                           .norm_cfg = options_.norm_cfg};
  auto sequence = std::make_shared<SwinBlockSequence>();
  for (std::size_t i = 0; i < drop_path_rates.size(); ++i) {
    block.attention.shift_size = i % 2 == 0 ? 0 : options_.window_size / 2;
    block.attention.drop_path_rate = drop_path_rates[i];
    sequence->append(std::make_shared<SwinBlock>(block, context));
  }
  if (stage + 1 < options_.depths.size()) {
    const PatchMerging::Options merging{.in_channels = channels(stage),
                                        .out_channels = channels(stage + 1),
                                        .stride = options_.strides[stage + 1],
                                        .norm_cfg = options_.patch_norm ? std::optional(options_.norm_cfg) : std::nullopt};
    sequence->set_downsample(std::make_shared<PatchMerging>(merging, context));
  }
  return sequence;
}

void SwinTransformer::train(bool on) {
  Backbone::train(on);
  if (options_.frozen_stages < 0) return;
  nn::freeze(*patch_embed_);
  if (absolute_pos_embed_.defined()) absolute_pos_embed_.set_requires_grad(false);
  drop_after_pos_->eval();
  for (std::size_t stage = 0; stage < static_cast<std::size_t>(options_.frozen_stages); ++stage) {
    if (const auto norm = norms_.find(stage); norm != norms_.end()) nn::freeze(*norm->second);
    nn::freeze((*stages_)[stage]);
  }
}

void SwinTransformer::reset_parameters() {
  const torch::NoGradGuard no_grad;
  if (absolute_pos_embed_.defined()) absolute_pos_embed_.zero_();
}

void SwinTransformer::init_weights(const nn::PretrainedLoader& load_pretrained) {
  if (checkpoint_) {
    // Weights that are not the official ones are those of a detector.
    const auto prefix = options_.convert_weights ? std::nullopt : std::optional<std::string>("backbone");
    if (load_pretrained) load_pretrained(*this, {*checkpoint_, prefix});
    return;
  }
  if (absolute_pos_embed_.defined()) nn::fill_trunc_normal(absolute_pos_embed_, 0, 0.02);
  for (const auto& part : modules()) {
    if (auto* linear = dynamic_cast<nn::Linear*>(part.get())) nn::trunc_normal_init(*linear, 0, 0.02);
    if (auto* norm = dynamic_cast<nn::LayerNorm*>(part.get())) nn::constant_init(*norm, 1);
  }
}

nn::Tensors SwinTransformer::take_up(nn::Tensors saved) const {
  if (options_.convert_weights) saved = convert_official_swin(saved);
  fit_swin_positions(nn::state_dict(*this), saved);
  return saved;
}

torch::Tensor SwinTransformer::absolute_positions(ImageSize size) const {
  const bool fits = absolute_pos_embed_.size(2) == size.height && absolute_pos_embed_.size(3) == size.width;
  return nchw_to_nlc(fits ? absolute_pos_embed_
                          : torch::upsample_bicubic2d(absolute_pos_embed_, {size.height, size.width}, /*align_corners=*/false));
}

nn::Features SwinTransformer::compute(const torch::Tensor& image) {
  TokenMap map = patch_embed_->forward(image);
  if (absolute_pos_embed_.defined()) map.tokens = map.tokens + absolute_positions(map.size);
  map.tokens = drop_after_pos_->forward(map.tokens);
  nn::Features features;
  for (std::size_t stage = 0; stage < stages_->size(); ++stage) {
    const TokenMap seen = (*stages_)[stage].forward(map);
    if (const auto norm = norms_.find(stage); norm != norms_.end()) {
      features.push_back(nlc_to_nchw(norm->second->forward(seen.tokens), seen.size));
    }
    map = (*stages_)[stage].downsample(seen);
  }
  return features;
}

DETFORGE_REGISTER(backbones, SwinTransformer,
                  {.name = "SwinTransformer",
                   .python = "mmdet.models.backbones.swin.SwinTransformer",
                   .meaning = "Swin: attention within shifted windows",
                   .since = Reference::V2_27});

}  // namespace detforge
