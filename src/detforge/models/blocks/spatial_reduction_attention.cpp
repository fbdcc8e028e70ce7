#include "detforge/models/blocks/spatial_reduction_attention.h"

#include "detforge/nn/transformer/dropout_layers.h"

namespace detforge {

SpatialReductionAttention::SpatialReductionAttention(const Options& options, const BuildContext& context)
    : TokenLayer("SpatialReductionAttention") {
  nn::TorchMultiheadAttention::Options attention;
  attention.embed_dim = options.embed_dims;
  attention.num_heads = options.num_heads;
  attention.dropout = options.attn_drop;
  attention.bias = options.qkv_bias;
  attn_ = register_module("attn", std::make_shared<nn::TorchMultiheadAttention>(attention));
  proj_drop_ = register_module("proj_drop", std::make_shared<nn::Dropout>(nn::Dropout::Options{.p = options.proj_drop}));
  dropout_layer_ = register_module("dropout_layer", std::make_shared<nn::DropPath>(nn::DropPath::Options{options.drop_path_rate}));
  if (options.sr_ratio <= 1) return;
  nn::Conv2d::Options reduction;
  reduction.in_channels = reduction.out_channels = options.embed_dims;
  reduction.kernel_size = reduction.stride = options.sr_ratio;
  sr_ = register_module("sr", std::make_shared<nn::Conv2d>(reduction, context));
  norm_ = register_module("norm", nn::build_norm_layer(options.norm_cfg, options.embed_dims, context).layer);
}

torch::Tensor SpatialReductionAttention::compute(const TokenMap& map) {
  const torch::Tensor seen = sr_ ? norm_->forward(nchw_to_nlc(sr_->forward(nlc_to_nchw(map.tokens, map.size)))) : map.tokens;
  const torch::Tensor queries = map.tokens.transpose(0, 1), keys = seen.transpose(0, 1);
  return dropout_layer_->forward(proj_drop_->forward(attn_->forward(queries, keys, keys, {}, {}).transpose(0, 1)));
}

}  // namespace detforge
