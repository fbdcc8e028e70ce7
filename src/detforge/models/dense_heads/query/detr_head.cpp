#include "detforge/models/dense_heads/query/detr_head.h"

#include "detforge/nn/transformer/transformers.h"

namespace detforge {

ConfigDict activation_of_transformer(const std::optional<ConfigDict>& transformer) {
  const Value* own = transformer ? transformer->find("act_cfg") : nullptr;
  return own != nullptr ? ConfigDict(*own) : ConfigDict{{"type", "ReLU"}, {"inplace", true}};
}

Arguments<DETRHead::Options> DETRHead::arguments() {
  return {QueryHead::arguments(),
          arg(&Options::num_query, "num_query", "number of queries").at_least(1),
          arg(&Options::num_reg_fcs, "num_reg_fcs", "linear layers before the boxes").at_least(1),
          arg(&Options::transformer, "transformer", "from pixels to queries").built_by("TRANSFORMER"),
          arg(&Options::sync_cls_avg_factor, "sync_cls_avg_factor", "whether processes share what the loss of classes is divided by"),
          arg(&Options::init_cfg, "init_cfg", "is shown, but counts for nothing")};
}

DETRHead::DETRHead(const Options& options, const BuildContext& context)
    : DETRHead(
          "DETRHead", options, {.act_cfg = activation_of_transformer(options.transformer)},
          [](const nn::FFN::Options& ffn, const BuildContext& child) { return std::make_shared<nn::FFN>(ffn, child); }, context) {}

DETRHead::DETRHead(std::string python_name, const Options& options, const Traits& traits, const MakeFFN& make_reg_ffn,
                   const BuildContext& context)
    : QueryHead(std::move(python_name), options, traits, context) {
  if (!options.transformer) throw ArgumentError("transformer", "must be given");
  transformer_ = register_module(
      "transformer", nn::build_transformer<nn::Transformer>(*options.transformer, context.child("transformer"), "transformer of DETR"));
  const std::int64_t embed_dims = transformer_->embed_dims();
  check_embed_dims(embed_dims);
  const nn::Conv2d::Options projection{.in_channels = options.in_channels, .out_channels = embed_dims};
  input_proj_ = register_module("input_proj", std::make_shared<nn::Conv2d>(projection));
  fc_cls_ = register_module("fc_cls", std::make_shared<nn::Linear>(nn::Linear::Options{embed_dims, cls_out_channels()}));
  const nn::FFN::Options ffn{.embed_dims = embed_dims,
                             .feedforward_channels = embed_dims,
                             .num_fcs = options.num_reg_fcs,
                             .act_cfg = traits.act_cfg,
                             .add_identity = false};
  reg_ffn_ = register_module("reg_ffn", make_reg_ffn(ffn, context));
  fc_reg_ = register_module("fc_reg", std::make_shared<nn::Linear>(nn::Linear::Options{embed_dims, 4}));
  query_embedding_ = register_module("query_embedding", std::make_shared<nn::Embedding>(options.num_query, embed_dims));
  show_init_cfg(context, options.init_cfg);
}

HeadOutputs DETRHead::compute_masked(const nn::Features& features, const nn::Features& masks) {
  nn::Features cls_scores, bbox_preds;
  for (std::size_t level = 0; level < features.size(); ++level) {
    const torch::Tensor map = input_proj_->forward(features[level]), positions = positional_encoding().forward(masks[level]);
    const torch::Tensor decoded = transformer_->forward(map, masks[level], query_embedding_->weight(), positions).decoded;
    cls_scores.push_back(fc_cls_->forward(decoded));
    bbox_preds.push_back(fc_reg_->forward(activate().forward(reg_ffn_->forward(decoded))).sigmoid());
  }
  return {cls_scores, bbox_preds};
}

DETFORGE_REGISTER(heads, DETRHead,
                  {.name = "DETRHead",
                   .python = "mmdet.models.dense_heads.detr_head.DETRHead",
                   .meaning = "queries that look at all pixels (arXiv 2005.12872)",
                   .since = Reference::V2_27});

}  // namespace detforge
