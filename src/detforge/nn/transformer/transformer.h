#pragma once

#include "detforge/nn/transformer/transformer_layer_sequence.h"

namespace detforge::nn {

/// DETR's transformer (arXiv 2005.12872): every pixel of a map looks at every other, then learnt queries at all of them.
///
/// 2.27 configures its encoder and decoder; 2.8 builds them itself out of arguments of its own, and is meant where neither is given.
class Transformer : public Module {
 public:
  struct Options {
    std::int64_t embed_dims = 512;
    std::int64_t num_heads = 8;
    std::int64_t num_encoder_layers = 6;
    std::int64_t num_decoder_layers = 6;
    std::int64_t feedforward_channels = 2048;
    double dropout = 0;
    ConfigDict act_cfg = {{"type", "ReLU"}, {"inplace", true}};
    ConfigDict norm_cfg = {{"type", "LN"}};
    std::int64_t num_fcs = 2;
    bool pre_norm = false;
    bool return_intermediate_dec = false;
    std::optional<ConfigDict> encoder;
    std::optional<ConfigDict> decoder;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  Transformer(const Options& options, const BuildContext& context);

  struct Output {
    torch::Tensor decoded;  ///< [layers, N, Q, E], one layer alone where the decoder hands out no others
    torch::Tensor memory;   ///< [N, E, h, w], the encoded map
  };
  /// `map` [N, E, h, w], `mask` [N, h, w] bool: true outside of the images, `query_embed` [Q, E], `pos_embed` [N, E, h, w].
  Output forward(const torch::Tensor& map, const torch::Tensor& mask, const torch::Tensor& query_embed, const torch::Tensor& pos_embed);

  std::int64_t embed_dims() const { return encoder_->embed_dims(); }

  std::optional<std::string> own_repr() const override { return own_repr_; }
  void init_weights(const PretrainedLoader&) override;

 private:
  Features compute(const torch::Tensor& map, const torch::Tensor& mask, const torch::Tensor& query_embed, const torch::Tensor& pos_embed);

  std::optional<std::string> own_repr_;  // 2.8's
  std::shared_ptr<TransformerLayerSequence> encoder_;
  std::shared_ptr<TransformerLayerSequence> decoder_;
};

/// Fills the weights of all layers below `root` as DETR does, by Glorot's uniform rule, their biases with 0. What an attention keeps its
/// projections in is none of them.
void xavier_init_layers(Module& root);

}  // namespace detforge::nn
