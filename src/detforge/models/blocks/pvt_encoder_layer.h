#pragma once

#include "detforge/models/blocks/mix_ffn.h"
#include "detforge/models/blocks/spatial_reduction_attention.h"

namespace detforge {

/// PVT's layer (arXiv 2102.12122): attention to a smaller map, then a feed-forward network.
class PVTEncoderLayer : public TokenLayer {
 public:
  struct Options {
    SpatialReductionAttention::Options attention = {};
    std::int64_t feedforward_channels = 0;
    double drop_rate = 0;
    ConfigDict act_cfg = {{"type", "GELU"}};
    bool use_conv_ffn = false;
  };

  PVTEncoderLayer(const Options& options, const BuildContext& context) : TokenLayer("PVTEncoderLayer") {
    const std::int64_t channels = options.attention.embed_dims;
    const auto norm = [&] { return nn::build_norm_layer(options.attention.norm_cfg, channels, context).layer; };
    const MixFFN::Options ffn{.embed_dims = channels,
                              .feedforward_channels = options.feedforward_channels,
                              .act_cfg = options.act_cfg,
                              .ffn_drop = options.drop_rate,
                              .drop_path_rate = options.attention.drop_path_rate,
                              .use_conv = options.use_conv_ffn};
    norm1_ = register_module("norm1", norm());
    attn_ = register_module("attn", std::make_shared<SpatialReductionAttention>(options.attention, context));
    norm2_ = register_module("norm2", norm());
    ffn_ = register_module("ffn", std::make_shared<MixFFN>(ffn, context));
  }

 protected:
  torch::Tensor compute(const TokenMap& map) override {
    const torch::Tensor seen = map.tokens + attn_->forward({norm1_->forward(map.tokens), map.size});
    return seen + ffn_->forward({norm2_->forward(seen), map.size});
  }

 private:
  std::shared_ptr<nn::Layer> norm1_;
  std::shared_ptr<SpatialReductionAttention> attn_;
  std::shared_ptr<nn::Layer> norm2_;
  std::shared_ptr<MixFFN> ffn_;
};

}  // namespace detforge
