#pragma once

#include "detforge/nn/layers/linear.h"

namespace detforge::nn {

/// PyTorch's `MultiheadAttention` (arXiv 1706.03762). L queries and S keys of N images, E numbers each.
class TorchMultiheadAttention : public Module {
 public:
  struct Options {
    std::int64_t embed_dim = 0;
    std::int64_t num_heads = 1;  ///< E / num_heads numbers each
    double dropout = 0;          ///< probability that a query does not look at a key while the model learns
    bool bias = true;            ///< of all projections
  };

  explicit TorchMultiheadAttention(const Options& options);

  /// `query` [L, N, E], `key` and `value` [S, N, E] → [L, N, E]. What is not to be looked at is true in `attn_mask` [L, S] or
  /// [N · num_heads, L, S], and in `key_padding_mask` [N, S]; an `attn_mask` of numbers is added to the logits. Both may be undefined.
  torch::Tensor forward(const torch::Tensor& query, const torch::Tensor& key, const torch::Tensor& value, const torch::Tensor& attn_mask,
                        const torch::Tensor& key_padding_mask);

  void reset_parameters() override;

 private:
  /// [tokens, N, E] → [N · num_heads, tokens, E / num_heads]: the `part`-th projection, of queries, keys and values.
  torch::Tensor project(const torch::Tensor& tokens, std::int64_t part) const;

  Options options_;
  torch::Tensor in_proj_weight_;  // [3 · E, E]
  torch::Tensor in_proj_bias_;    // [3 · E], undefined without biases
  std::shared_ptr<Linear> out_proj_;
};

}  // namespace detforge::nn
