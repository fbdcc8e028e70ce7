#include "detforge/nn/transformer/deformable_detr_transformer.h"

#include <limits>

#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/transformer/multi_scale_deformable_attention.h"
#include "detforge/nn/transformer/positional_encoding.h"
#include "detforge/nn/transformer/transformers.h"

namespace detforge::nn {
namespace deformable_detr {

/// Which part of each padded map `masks` [N, H_i, W_i] the images cover: [N, levels, 2], (x, y).
torch::Tensor valid_ratios(const Features& masks) {
  std::vector<torch::Tensor> ratios;
  for (const torch::Tensor& mask : masks) {
    const torch::Tensor height = mask.select(2, 0).logical_not().sum(1).to(torch::kFloat) / mask.size(1);
    const torch::Tensor width = mask.select(1, 0).logical_not().sum(1).to(torch::kFloat) / mask.size(2);
    ratios.push_back(torch::stack({width, height}, -1));
  }
  return torch::stack(ratios, 1);
}

/// The middles of a map's pixels, (x, y) px of the map, row by row: [H · W, 2].
torch::Tensor middles(ImageSize size, const torch::TensorOptions& options) {
  const torch::Tensor y = torch::arange(size.height, options).add(0.5).view({-1, 1}).expand({size.height, size.width});
  const torch::Tensor x = torch::arange(size.width, options).add(0.5).view({1, -1}).expand({size.height, size.width});
  return torch::stack({x, y}, -1).flatten(0, 1);
}

torch::Tensor size_xy(ImageSize size, const torch::TensorOptions& options) {
  return torch::tensor({static_cast<float>(size.width), static_cast<float>(size.height)}, options);
}

/// Where each pixel of the maps lies in every map: [N, pixels, levels, 2], from 0 to 1 over the padded maps.
torch::Tensor pixel_references(const std::vector<ImageSize>& spatial_shapes, const torch::Tensor& valid_ratios) {
  std::vector<torch::Tensor> levels;
  for (std::size_t level = 0; level < spatial_shapes.size(); ++level) {
    const ImageSize size = spatial_shapes[level];
    const torch::Tensor covered =
        valid_ratios.select(1, static_cast<std::int64_t>(level)).unsqueeze(1) * size_xy(size, valid_ratios.options());
    levels.push_back(middles(size, valid_ratios.options()).unsqueeze(0) / covered);
  }
  return torch::cat(levels, 1).unsqueeze(2) * valid_ratios.unsqueeze(1);
}

struct Proposals {
  torch::Tensor boxes;  ///< [N, pixels, 4] centre and size before the sigmoid; infinite where there is none
  torch::Tensor none;   ///< [N, pixels, 1] bool
};

/// A square around each pixel of the images, the larger the smaller its map.
Proposals pixel_proposals(const torch::Tensor& padding, const std::vector<ImageSize>& spatial_shapes) {
  const auto options = torch::TensorOptions(torch::kFloat).device(padding.device());
  const std::int64_t images = padding.size(0);
  std::vector<torch::Tensor> levels;
  std::int64_t first = 0;
  for (std::size_t level = 0; level < spatial_shapes.size(); ++level) {
    const ImageSize size = spatial_shapes[level];
    const std::int64_t pixels = size.height * size.width;
    const torch::Tensor inside = padding.slice(1, first, first + pixels).view({images, size.height, size.width}).logical_not();
    const torch::Tensor covered = torch::stack({inside.select(1, 0).sum(1), inside.select(2, 0).sum(1)}, -1).view({images, 1, 2});
    const torch::Tensor centres = middles(size, options).unsqueeze(0) / covered;
    const double side = 0.05 * static_cast<double>(std::int64_t{1} << level);
    levels.push_back(torch::cat({centres, torch::full_like(centres, side)}, -1));
    first += pixels;
  }
  const torch::Tensor boxes = torch::cat(levels, 1);
  const torch::Tensor valid = (boxes > 0.01).logical_and(boxes < 0.99).all(-1, /*keepdim=*/true);
  const torch::Tensor none = valid.logical_not().logical_or(padding.unsqueeze(-1));
  return {torch::log(boxes / (1 - boxes)).masked_fill(none, std::numeric_limits<float>::infinity()), none};
}

}  // namespace deformable_detr

Arguments<DeformableDetrTransformer::Options> DeformableDetrTransformer::arguments() {
  return {arg(&Options::as_two_stage, "as_two_stage", "whether queries are made of what the encoder's pixels predict"),
          arg(&Options::num_feature_levels, "num_feature_levels", "number of maps").at_least(1),
          arg(&Options::two_stage_num_proposals, "two_stage_num_proposals", "number of such queries").at_least(1),
          arg(&Options::encoder, "encoder", "the encoder").built_by("TRANSFORMER_LAYER_SEQUENCE"),
          arg(&Options::decoder, "decoder", "a DeformableDetrTransformerDecoder with return_intermediate")
              .built_by("TRANSFORMER_LAYER_SEQUENCE"),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

DeformableDetrTransformer::DeformableDetrTransformer(const Options& options, const BuildContext& context)
    : Module("DeformableDetrTransformer"), options_(options) {
  if (!options.encoder) throw ArgumentError("encoder", "must be given");
  if (!options.decoder) throw ArgumentError("decoder", "must be given");
  encoder_ = register_module("encoder", transformer_layer_sequences().build(*options.encoder, context.child("encoder")));
  decoder_ = std::dynamic_pointer_cast<DeformableDetrTransformerDecoder>(
      transformer_layer_sequences().build(*options.decoder, context.child("decoder")));
  if (!decoder_) throw ArgumentError("decoder", "must be a DeformableDetrTransformerDecoder");
  if (!decoder_->returns_intermediate()) throw ArgumentError("decoder", "must have return_intermediate=True");
  register_module("decoder", decoder_);
  level_embeds_ = register_parameter("level_embeds", torch::empty({options.num_feature_levels, embed_dims()}));
  const auto linear = [](std::int64_t inputs, std::int64_t outputs) { return std::make_shared<Linear>(Linear::Options{inputs, outputs}); };
  const auto norm = [](std::int64_t size) { return std::make_shared<LayerNorm>(LayerNorm::Options{.normalized_shape = size}); };
  if (options.as_two_stage) {
    enc_output_ = register_module("enc_output", linear(embed_dims(), embed_dims()));
    enc_output_norm_ = register_module("enc_output_norm", norm(embed_dims()));
    pos_trans_ = register_module("pos_trans", linear(embed_dims() * 2, embed_dims() * 2));
    pos_trans_norm_ = register_module("pos_trans_norm", norm(embed_dims() * 2));
  } else {
    reference_points_ = register_module("reference_points", linear(embed_dims(), 2));
  }
  show_init_cfg(context, options.init_cfg);
}

void DeformableDetrTransformer::init_weights(const PretrainedLoader&) {
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : parameters()) {
    if (parameter.dim() > 1) torch::nn::init::xavier_uniform_(parameter);
  }
  for (const auto& module : modules(/*include_self=*/false)) {
    if (auto* attention = dynamic_cast<MultiScaleDeformableAttention*>(module.get())) attention->reset_parameters();
  }
  if (reference_points_) xavier_init(*reference_points_, 1, 0, Distribution::Uniform);
  level_embeds_.normal_();
}

DeformableDetrTransformer::Queries DeformableDetrTransformer::learnt_queries(const torch::Tensor& query_embed, std::int64_t images) {
  const std::vector<torch::Tensor> halves = query_embed.unsqueeze(0).expand({images, -1, -1}).split(embed_dims(), 2);
  return {halves[1], halves[0], reference_points_->forward(halves[0]).sigmoid()};
}

DeformableDetrTransformer::Queries DeformableDetrTransformer::proposed_queries(const torch::Tensor& memory, const torch::Tensor& padding,
                                                                               const std::vector<ImageSize>& spatial_shapes,
                                                                               const Input& input, Output& output) {
  if (input.cls_branches == nullptr || input.reg_branches == nullptr) {
    throw Error("DeformableDetrTransformer needs branches that predict, to make queries of what pixels predict");
  }
  const auto branch = static_cast<std::size_t>(num_decoder_layers());
  const deformable_detr::Proposals proposals = deformable_detr::pixel_proposals(padding, spatial_shapes);
  const torch::Tensor pixels = enc_output_norm_->forward(enc_output_->forward(memory.masked_fill(proposals.none, 0)));
  output.enc_class = (*input.cls_branches)[branch].forward(pixels);
  output.enc_coord_unact = (*input.reg_branches)[branch].forward(pixels) + proposals.boxes;
  // The first class stands for any object.
  const std::int64_t count = std::min(options_.two_stage_num_proposals, pixels.size(1));
  const torch::Tensor best = std::get<1>(torch::topk(output.enc_class.select(-1, 0), count, 1));
  const torch::Tensor boxes = output.enc_coord_unact.gather(1, best.unsqueeze(-1).expand({-1, -1, 4})).detach();
  constexpr double full_turn = 2 * M_PI, temperature = 10000;
  const torch::Tensor waves = sine_waves(boxes.sigmoid() * full_turn, embed_dims() / 2, temperature).flatten(2);
  const std::vector<torch::Tensor> halves = pos_trans_norm_->forward(pos_trans_->forward(waves)).split(embed_dims(), 2);
  return {halves[1], halves[0], boxes.sigmoid()};
}

DeformableDetrTransformer::Output DeformableDetrTransformer::forward(const Input& input) {
  const Features outputs = observed(*this, input.maps, [&] { return compute(input); });
  return {outputs[0], outputs[1], outputs[2], options_.as_two_stage ? outputs[3] : torch::Tensor(),
          options_.as_two_stage ? outputs[4] : torch::Tensor()};
}

Features DeformableDetrTransformer::compute(const Input& input) {
  if (static_cast<std::int64_t>(input.maps.size()) != options_.num_feature_levels) {
    throw Error("DeformableDetrTransformer has num_feature_levels=" + std::to_string(options_.num_feature_levels) + ", but is given " +
                std::to_string(input.maps.size()) + " levels");
  }
  std::vector<ImageSize> spatial_shapes;
  std::vector<torch::Tensor> tokens, paddings, positions;
  for (std::size_t level = 0; level < input.maps.size(); ++level) {
    const torch::Tensor& map = input.maps[level];
    spatial_shapes.push_back({map.size(2), map.size(3)});
    tokens.push_back(map.flatten(2).permute({2, 0, 1}));
    paddings.push_back(input.masks[level].flatten(1));
    positions.push_back(input.pos_embeds[level].flatten(2).permute({2, 0, 1}) + level_embeds_[static_cast<std::int64_t>(level)]);
  }
  const torch::Tensor padding = torch::cat(paddings, 1), valid_ratios = deformable_detr::valid_ratios(input.masks);

  const SampledLevels sampled{spatial_shapes, deformable_detr::pixel_references(spatial_shapes, valid_ratios)};
  TransformerInput to_encode;
  to_encode.query_pos = torch::cat(positions);
  to_encode.query_key_padding_mask = padding;
  to_encode.sampled = &sampled;
  const torch::Tensor memory = encoder_->forward(torch::cat(tokens), to_encode);

  Output output;
  const Queries queries = options_.as_two_stage ? proposed_queries(memory.transpose(0, 1), padding, spatial_shapes, input, output)
                                                : learnt_queries(input.query_embed, memory.size(1));
  TransformerInput to_decode;
  to_decode.value = memory;
  to_decode.query_pos = queries.query_pos.transpose(0, 1);
  to_decode.key_padding_mask = padding;
  const auto decoded = decoder_->decode(queries.query.transpose(0, 1), to_decode, queries.reference_points, valid_ratios, spatial_shapes,
                                        input.reg_branches);
  Features outputs = {decoded.states.transpose(1, 2), queries.reference_points, decoded.references};
  if (options_.as_two_stage) outputs.insert(outputs.end(), {output.enc_class, output.enc_coord_unact});
  return outputs;
}

DETFORGE_REGISTER(transformers, DeformableDetrTransformer,
                  {.name = "DeformableDetrTransformer",
                   .python = "mmdet.models.utils.transformer.DeformableDetrTransformer",
                   .meaning = "Deformable DETR's transformer (arXiv 2010.04159)",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
