#include "detforge/nn/transformer/multihead_attention.h"

#include "detforge/nn/transformer/dropout_layers.h"

namespace detforge::nn {

Arguments<MultiheadAttention::Options> MultiheadAttention::arguments() {
  return {arg(&Options::embed_dims, "embed_dims", required, "length of a token").at_least(1),
          arg(&Options::num_heads, "num_heads", required, "heads, each with its part of the tokens").at_least(1),
          arg(&Options::attn_drop, "attn_drop", "probability that a query does not look at a key"),
          arg(&Options::proj_drop, "proj_drop", "probability of the dropout after the attention"),
          arg(&Options::dropout_layer, "dropout_layer", "dropout of what is added to the queries").built_by("DROPOUT_LAYERS"),
          arg(&Options::init_cfg, "init_cfg", "initialisation"),
          arg(&Options::batch_first, "batch_first", "whether images come before tokens"),
          arg(&Options::dropout, "dropout", "an older way to set attn_drop and the drop_prob of dropout_layer")};
}

MultiheadAttention::MultiheadAttention(const Options& options, const BuildContext& context)
    : Attention("MultiheadAttention", options.embed_dims), batch_first_(options.batch_first) {
  if (options.embed_dims % options.num_heads != 0) throw ArgumentError("num_heads", "must divide embed_dims");
  std::optional<ConfigDict> dropout_layer = options.dropout_layer;
  if (options.dropout) {
    if (!dropout_layer) throw ArgumentError("dropout", "has no dropout_layer whose drop_prob it could set");
    (*dropout_layer)["drop_prob"] = *options.dropout;
  }
  attn_ = register_module("attn", std::make_shared<TorchMultiheadAttention>(TorchMultiheadAttention::Options{
                                      options.embed_dims, options.num_heads, options.dropout.value_or(options.attn_drop)}));
  proj_drop_ = register_module("proj_drop", std::make_shared<Dropout>(Dropout::Options{.p = options.proj_drop}));
  dropout_layer_ = register_module("dropout_layer", build_dropout(dropout_layer, context.child("dropout_layer")));
  show_init_cfg(context, options.init_cfg);
}

torch::Tensor MultiheadAttention::compute(const AttentionInput& input) {
  torch::Tensor query = input.query;
  torch::Tensor key = input.key.defined() ? input.key : query;
  torch::Tensor value = input.value.defined() ? input.value : key;
  const torch::Tensor& identity = input.identity.defined() ? input.identity : input.query;
  torch::Tensor key_pos = input.key_pos;
  if (!key_pos.defined() && input.query_pos.defined() && input.query_pos.sizes() == key.sizes()) key_pos = input.query_pos;
  if (key_pos.defined()) key = key + key_pos;
  if (input.query_pos.defined()) query = query + input.query_pos;
  if (batch_first_) {
    query = query.transpose(0, 1);
    key = key.transpose(0, 1);
    value = value.transpose(0, 1);
  }
  torch::Tensor out = attn_->forward(query, key, value, input.attn_mask, input.key_padding_mask);
  if (batch_first_) out = out.transpose(0, 1);
  return identity + dropout_layer_->forward(proj_drop_->forward(out));
}

DETFORGE_REGISTER(attentions, MultiheadAttention,
                  {.name = "MultiheadAttention",
                   .python = "mmcv.cnn.bricks.transformer.MultiheadAttention",
                   .meaning = "every query looks at every key (arXiv 1706.03762)",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
