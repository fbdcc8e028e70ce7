#pragma once

#include "detforge/models/blocks/token_map.h"
#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/dropout.h"
#include "detforge/nn/layers/torch_multihead_attention.h"

namespace detforge {

/// PVT's attention (arXiv 2102.12122): tokens look at a map that is `sr_ratio` times smaller along each side.
class SpatialReductionAttention : public TokenLayer {
 public:
  struct Options {
    std::int64_t embed_dims = 0;
    std::int64_t num_heads = 0;
    double attn_drop = 0;
    double proj_drop = 0;
    double drop_path_rate = 0;
    bool qkv_bias = true;
    ConfigDict norm_cfg = {{"type", "LN"}};
    std::int64_t sr_ratio = 1;
  };

  SpatialReductionAttention(const Options& options, const BuildContext& context);

 protected:
  torch::Tensor compute(const TokenMap& map) override;

 private:
  std::shared_ptr<nn::TorchMultiheadAttention> attn_;
  std::shared_ptr<nn::Dropout> proj_drop_;
  std::shared_ptr<nn::Layer> dropout_layer_;
  std::shared_ptr<nn::Conv2d> sr_;
  std::shared_ptr<nn::Layer> norm_;
};

}  // namespace detforge
