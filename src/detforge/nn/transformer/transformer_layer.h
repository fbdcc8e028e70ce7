#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "detforge/nn/transformer/attention.h"
#include "detforge/nn/transformer/ffn.h"

namespace detforge {

namespace nn {

enum class TransformerOperation { SelfAttn, Norm, FFN, CrossAttn };

}  // namespace nn

template <>
struct EnumNames<nn::TransformerOperation> {
  using Operation = nn::TransformerOperation;
  static constexpr std::array<std::pair<Operation, std::string_view>, 4> names = {
      {{Operation::SelfAttn, "self_attn"}, {Operation::Norm, "norm"}, {Operation::FFN, "ffn"}, {Operation::CrossAttn, "cross_attn"}}};
};

namespace nn {

/// What a layer of a transformer is given beside its queries; shapes and meanings as in `AttentionInput`.
struct TransformerInput {
  torch::Tensor key;                      ///< of cross attentions
  torch::Tensor value;                    ///< of cross attentions
  torch::Tensor query_pos;                ///< of queries, and of the keys of self attentions
  torch::Tensor key_pos;                  ///< of the keys of cross attentions
  std::vector<torch::Tensor> attn_masks;  ///< of each attention in turn, undefined without one; empty: none has one
  torch::Tensor query_key_padding_mask;   ///< [N, L], of self attentions
  torch::Tensor key_padding_mask;         ///< [N, S], of cross attentions
  const SampledLevels* sampled = nullptr;
};

/// Attentions, feed-forward networks and normalisations in some order: queries [L, N, E] (with `batch_first` [N, L, E]) → the same shape.
class TransformerLayer : public Module {
 public:
  torch::Tensor forward(const torch::Tensor& query, const TransformerInput& input) {
    return observed(*this, {&query, 1}, [&] { return compute(query, input); });
  }
  std::int64_t embed_dims() const { return parts_.attentions.front()->embed_dims(); }
  /// Whether it begins with a normalisation (arXiv 2002.04745).
  bool pre_norm() const { return operations_.front() == TransformerOperation::Norm; }

 protected:
  /// Each kind in the order in which the operations use it; at least one attention.
  struct Parts {
    std::vector<std::shared_ptr<Attention>> attentions;
    std::vector<std::shared_ptr<FeedforwardNetwork>> ffns;
    std::vector<std::shared_ptr<Layer>> norms;
  };

  explicit TransformerLayer(std::string python_name) : Module(std::move(python_name)) {}

  /// What `compute` runs; the caller registers the parts.
  void set_operations(std::vector<TransformerOperation> operations, Parts parts);

 private:
  torch::Tensor compute(torch::Tensor query, const TransformerInput& input);

  std::vector<TransformerOperation> operations_;
  Parts parts_;
};

/// mmcv's `TRANSFORMER_LAYER`.
Registry<TransformerLayer>& transformer_layers();

}  // namespace nn
}  // namespace detforge
