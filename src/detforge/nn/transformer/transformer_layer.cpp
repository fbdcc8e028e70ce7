#include "detforge/nn/transformer/transformer_layer.h"

namespace detforge::nn {

Registry<TransformerLayer>& transformer_layers() {
  static Registry<TransformerLayer> registry("TRANSFORMER_LAYER");
  return registry;
}

void TransformerLayer::set_operations(std::vector<TransformerOperation> operations, Parts parts) {
  operations_ = std::move(operations);
  parts_ = std::move(parts);
}

torch::Tensor TransformerLayer::compute(torch::Tensor query, const TransformerInput& input) {
  if (!input.attn_masks.empty() && input.attn_masks.size() != parts_.attentions.size()) {
    throw Error(python_name() + " has " + std::to_string(parts_.attentions.size()) + " attentions, but is given " +
                std::to_string(input.attn_masks.size()) + " masks");
  }
  auto attention = parts_.attentions.begin();
  auto ffn = parts_.ffns.begin();
  auto norm = parts_.norms.begin();
  std::size_t attended = 0;
  // Where normalisations come first, what they were given is added to what follows them.
  torch::Tensor before_norm = pre_norm() ? query : torch::Tensor();
  for (const TransformerOperation operation : operations_) {
    if (operation == TransformerOperation::Norm) {
      query = (*norm++)->forward(query);
    } else if (operation == TransformerOperation::FFN) {
      query = (*ffn++)->forward(query, before_norm);
    } else {
      const bool is_cross = operation == TransformerOperation::CrossAttn;
      AttentionInput of_attention{.query = query,
                                  .key = is_cross ? input.key : query,
                                  .value = is_cross ? input.value : query,
                                  .identity = before_norm,
                                  .query_pos = input.query_pos,
                                  .key_pos = is_cross ? input.key_pos : input.query_pos,
                                  .attn_mask = input.attn_masks.empty() ? torch::Tensor() : input.attn_masks[attended++],
                                  .key_padding_mask = is_cross ? input.key_padding_mask : input.query_key_padding_mask,
                                  .sampled = input.sampled};
      query = (*attention++)->forward(of_attention);
      if (pre_norm()) before_norm = query;
    }
  }
  return query;
}

}  // namespace detforge::nn
