#include "detforge/nn/transformer/multi_scale_deformable_attention.h"

#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/dropout.h"
#include "detforge/ops/multi_scale_deform_attn.h"

namespace detforge::nn {

Arguments<MultiScaleDeformableAttention::Options> MultiScaleDeformableAttention::arguments() {
  return {arg(&Options::embed_dims, "embed_dims", "length of a token").at_least(1),
          arg(&Options::num_heads, "num_heads", "heads, each with its part of the tokens").at_least(1),
          arg(&Options::num_levels, "num_levels", "number of maps").at_least(1),
          arg(&Options::num_points, "num_points", "points that a query and head reads in each map").at_least(1),
          arg(&Options::im2col_step, "im2col_step", "means nothing here"),
          arg(&Options::dropout, "dropout", "probability of the dropout of what is added to the queries"),
          arg(&Options::batch_first, "batch_first", "whether images come before tokens"),
          arg(&Options::norm_cfg, "norm_cfg", "means nothing"),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

MultiScaleDeformableAttention::MultiScaleDeformableAttention(const Options& options, const BuildContext& context)
    : Attention("MultiScaleDeformableAttention", options.embed_dims), options_(options) {
  if (options.embed_dims % options.num_heads != 0) throw ArgumentError("num_heads", "must divide embed_dims");
  const std::int64_t points = options.num_heads * options.num_levels * options.num_points;
  const auto linear = [&](std::int64_t outputs) { return std::make_shared<Linear>(Linear::Options{options.embed_dims, outputs}); };
  dropout_ = register_module("dropout", std::make_shared<Dropout>(Dropout::Options{.p = options.dropout}));
  sampling_offsets_ = register_module("sampling_offsets", linear(points * 2));
  attention_weights_ = register_module("attention_weights", linear(points));
  value_proj_ = register_module("value_proj", linear(options.embed_dims));
  output_proj_ = register_module("output_proj", linear(options.embed_dims));
  show_init_cfg(context, options.init_cfg);
}

void MultiScaleDeformableAttention::reset_parameters() {
  const torch::NoGradGuard no_grad;
  constant_init(*sampling_offsets_, 0);
  // Each head looks in its own direction, each point one pixel further.
  const double turn = 2 * M_PI / static_cast<double>(options_.num_heads);
  const torch::Tensor angles = torch::arange(options_.num_heads, torch::kFloat) * turn;
  torch::Tensor direction = torch::stack({angles.cos(), angles.sin()}, -1);
  direction = direction / std::get<0>(direction.abs().max(-1, /*keepdim=*/true));
  const torch::Tensor steps = torch::arange(1, options_.num_points + 1, torch::kFloat).view({1, 1, -1, 1});
  const torch::Tensor offsets = direction.view({-1, 1, 1, 2}) * steps;
  sampling_offsets_->bias().copy_(offsets.expand({-1, options_.num_levels, -1, -1}).reshape({-1}));
  constant_init(*attention_weights_, 0);
  xavier_init(*value_proj_, 1, 0, Distribution::Uniform);
  xavier_init(*output_proj_, 1, 0, Distribution::Uniform);
}

torch::Tensor MultiScaleDeformableAttention::locations_of(const torch::Tensor& query, const SampledLevels& sampled) {
  const std::int64_t images = query.size(0), queries = query.size(1);
  const torch::Tensor offsets =
      sampling_offsets_->forward(query).view({images, queries, options_.num_heads, options_.num_levels, options_.num_points, 2});
  const torch::Tensor& reference = sampled.reference_points;
  const torch::Tensor centres = reference.slice(-1, 0, 2).view({images, queries, 1, options_.num_levels, 1, 2});
  if (reference.size(-1) == 4) {
    const torch::Tensor sizes = reference.slice(-1, 2, 4).view({images, queries, 1, options_.num_levels, 1, 2});
    return centres + offsets / options_.num_points * sizes * 0.5;
  }
  std::vector<float> sizes_xy;
  for (const ImageSize& size : sampled.spatial_shapes) {
    sizes_xy.push_back(static_cast<float>(size.width));
    sizes_xy.push_back(static_cast<float>(size.height));
  }
  return centres + offsets / torch::tensor(sizes_xy, query.options().requires_grad(false)).view({1, 1, 1, options_.num_levels, 1, 2});
}

torch::Tensor MultiScaleDeformableAttention::compute(const AttentionInput& input) {
  if (input.sampled == nullptr) throw Error("MultiScaleDeformableAttention needs maps to read and the places where queries look");
  if (static_cast<std::int64_t>(input.sampled->spatial_shapes.size()) != options_.num_levels) {
    throw Error("MultiScaleDeformableAttention has " + std::to_string(options_.num_levels) + " levels, but is given " +
                std::to_string(input.sampled->spatial_shapes.size()));
  }
  const torch::Tensor& identity = input.identity.defined() ? input.identity : input.query;
  torch::Tensor query = input.query_pos.defined() ? input.query + input.query_pos : input.query;
  torch::Tensor value = input.value.defined() ? input.value : input.query;
  if (!options_.batch_first) {
    query = query.transpose(0, 1);
    value = value.transpose(0, 1);
  }
  const std::int64_t images = query.size(0), queries = query.size(1);
  value = value_proj_->forward(value);
  if (input.key_padding_mask.defined()) value = value.masked_fill(input.key_padding_mask.unsqueeze(-1), 0);
  const torch::Tensor weights = attention_weights_->forward(query)
                                    .view({images, queries, options_.num_heads, -1})
                                    .softmax(-1)
                                    .unflatten(-1, {options_.num_levels, options_.num_points});
  const torch::Tensor read = ops::multi_scale_deform_attn(value.unflatten(-1, {options_.num_heads, embed_dims() / options_.num_heads}),
                                                          input.sampled->spatial_shapes, locations_of(query, *input.sampled), weights);
  torch::Tensor output = output_proj_->forward(read);
  if (!options_.batch_first) output = output.transpose(0, 1);
  return dropout_->forward(output) + identity;
}

DETFORGE_REGISTER(attentions, MultiScaleDeformableAttention,
                  {.name = "MultiScaleDeformableAttention",
                   .python = "mmcv.ops.multi_scale_deform_attn.MultiScaleDeformableAttention",
                   .meaning = "queries read several maps at few points each (arXiv 2010.04159)",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
