#pragma once

#include <vector>

#include "detforge/data/image_meta.h"
#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge::nn {

/// The maps that deformable attention reads between their pixels, and where each query looks.
struct SampledLevels {
  std::vector<ImageSize> spatial_shapes;  ///< of each level; the keys are their pixels, level by level, row by row
  torch::Tensor reference_points;  ///< [N, L, levels, 2]: (x, y) in sizes of the padded map; or [N, L, levels, 4] with width and height
};

/// What an attention is given: L queries and S keys of N images, E numbers each. Tokens are [L or S, N, E], with `batch_first` [N, L or
/// S, E]. Tensors may be undefined where a meaning of that is told.
struct AttentionInput {
  torch::Tensor query;
  torch::Tensor key;                       ///< undefined: the queries
  torch::Tensor value;                     ///< undefined: the keys
  torch::Tensor identity;                  ///< what the result is added to; undefined: the queries
  torch::Tensor query_pos;                 ///< added to the queries; undefined: nothing
  torch::Tensor key_pos;                   ///< added to the keys; undefined: `query_pos` where the shapes are the same
  torch::Tensor attn_mask;                 ///< [L, S] or [N · heads, L, S]: true, or added to the logits, where a query may not look
  torch::Tensor key_padding_mask;          ///< [N, S] bool: true for keys that are none
  const SampledLevels* sampled = nullptr;  ///< for attentions that read maps
};

/// Tokens that look at others.
class Attention : public Module {
 public:
  Attention(std::string python_name, std::int64_t embed_dims) : Module(std::move(python_name)), embed_dims_(embed_dims) {}

  /// Of the queries' shape.
  torch::Tensor forward(const AttentionInput& input) {
    return observed(*this, {&input.query, 1}, [&] { return compute(input); });
  }
  std::int64_t embed_dims() const { return embed_dims_; }

 protected:
  virtual torch::Tensor compute(const AttentionInput& input) = 0;

 private:
  std::int64_t embed_dims_;
};

/// mmcv's `ATTENTION`.
Registry<Attention>& attentions();

}  // namespace detforge::nn
