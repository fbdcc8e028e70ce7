#pragma once

#include "detforge/nn/layers/torch_multihead_attention.h"
#include "detforge/nn/transformer/attention.h"

namespace detforge::nn {

/// mmcv's `MultiheadAttention`: PyTorch's with positions added to queries and keys, and what comes out added to the queries.
class MultiheadAttention : public Attention {
 public:
  struct Options {
    std::int64_t embed_dims = 0;
    std::int64_t num_heads = 0;
    double attn_drop = 0;
    double proj_drop = 0;
    std::optional<ConfigDict> dropout_layer = ConfigDict{{"type", "Dropout"}, {"drop_prob", 0.0}};
    std::optional<Value> init_cfg = {};
    bool batch_first = false;
    std::optional<double> dropout = {};
  };
  static Arguments<Options> arguments();

  explicit MultiheadAttention(const Options& options, const BuildContext& context = {});

 protected:
  torch::Tensor compute(const AttentionInput& input) override;

 private:
  bool batch_first_;
  std::shared_ptr<TorchMultiheadAttention> attn_;
  std::shared_ptr<Layer> proj_drop_;
  std::shared_ptr<Layer> dropout_layer_;
};

}  // namespace detforge::nn
