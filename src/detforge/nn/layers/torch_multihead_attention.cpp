#include "detforge/nn/layers/torch_multihead_attention.h"

#include <cmath>
#include <limits>

namespace detforge::nn {

TorchMultiheadAttention::TorchMultiheadAttention(const Options& options) : Module("MultiheadAttention"), options_(options) {
  in_proj_weight_ = register_parameter("in_proj_weight", torch::empty({3 * options.embed_dim, options.embed_dim}));
  if (options.bias) in_proj_bias_ = register_parameter("in_proj_bias", torch::empty({3 * options.embed_dim}));
  out_proj_ = register_module("out_proj", std::make_shared<Linear>("NonDynamicallyQuantizableLinear",
                                                                   Linear::Options{options.embed_dim, options.embed_dim, options.bias}));
}

void TorchMultiheadAttention::reset_parameters() {
  const torch::NoGradGuard no_grad;
  torch::nn::init::xavier_uniform_(in_proj_weight_);
  if (!options_.bias) return;
  in_proj_bias_.zero_();
  out_proj_->bias().zero_();
}

torch::Tensor TorchMultiheadAttention::project(const torch::Tensor& tokens, std::int64_t part) const {
  const std::int64_t first = part * options_.embed_dim, last = first + options_.embed_dim;
  const torch::Tensor bias = in_proj_bias_.defined() ? in_proj_bias_.slice(0, first, last) : in_proj_bias_;
  const torch::Tensor projected = torch::linear(tokens, in_proj_weight_.slice(0, first, last), bias);
  const std::int64_t sequences = tokens.size(1) * options_.num_heads;
  return projected.reshape({tokens.size(0), sequences, options_.embed_dim / options_.num_heads}).transpose(0, 1);
}

torch::Tensor TorchMultiheadAttention::forward(const torch::Tensor& query, const torch::Tensor& key, const torch::Tensor& value,
                                               const torch::Tensor& attn_mask, const torch::Tensor& key_padding_mask) {
  const std::int64_t queries = query.size(0), images = query.size(1), keys = key.size(0), heads = options_.num_heads;
  const double scale = 1 / std::sqrt(static_cast<double>(options_.embed_dim) / static_cast<double>(heads));
  torch::Tensor logits = torch::bmm(project(query, 0) * scale, project(key, 1).transpose(1, 2));
  constexpr double unseen = -std::numeric_limits<double>::infinity();
  if (attn_mask.defined()) {
    logits = attn_mask.scalar_type() == torch::kBool ? logits.masked_fill(attn_mask, unseen) : logits + attn_mask;
  }
  if (key_padding_mask.defined()) {
    const torch::Tensor padding = key_padding_mask.view({images, 1, 1, keys});
    logits = logits.view({images, heads, queries, keys}).masked_fill(padding, unseen).view({images * heads, queries, keys});
  }
  const torch::Tensor weights = torch::dropout(logits.softmax(-1), options_.dropout, is_training());
  const torch::Tensor seen = torch::bmm(weights, project(value, 2)).transpose(0, 1).reshape({queries, images, options_.embed_dim});
  // Python reads the layer's weights instead of calling it, so nobody is told of it either.
  return torch::linear(seen, out_proj_->weight(), out_proj_->bias());
}

}  // namespace detforge::nn
